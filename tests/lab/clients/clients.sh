# SPDX-License-Identifier: GPL-2.0-or-later
# Clients as people use them, each by its own TLS library. Sourced; works within the client's namespace (see inside).
#
# client_NAME URL    fetches URL at the first try and prints what came; false if nothing did
# client_needs_NAME  the program that must be installed
# shellcheck shell=bash disable=SC2034

CLIENTS_LIGHT=(curl curl_http2 wget openssl gnutls python_urllib python_requests node_fetch node_https java)
CLIENTS_BROWSERS=(chromium firefox)
CLIENTS_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

client_host() { # URL
	local rest=${1#https://}
	printf '%s' "${rest%%/*}"
}
client_request() { # URL
	local rest=${1#https://}
	printf 'GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "${rest#*/}" "${rest%%/*}"
}

client_needs_curl=curl
client_curl() { curl --http1.1 -sS --fail --max-time 20 "$1"; }

client_needs_curl_http2=curl
client_curl_http2() { curl --http2 -sS --fail --max-time 20 "$1"; }

client_needs_wget=wget
client_wget() { wget -q -O - --tries=1 --timeout=20 "$1"; }

client_needs_openssl=openssl
client_openssl() {
	local host
	host=$(client_host "$1")
	client_request "$1" | openssl s_client -connect "$host:443" -servername "$host" -verify_return_error -quiet -ign_eof 2>&1
}

client_needs_gnutls=gnutls-cli
client_gnutls() { client_request "$1" | gnutls-cli --x509cafile "$CLIENTS_CA" "$(client_host "$1")" 2>&1; }

client_needs_python_urllib=python3
client_python_urllib() { python3 "$CLIENTS_HERE/fetch.py" urllib "$1"; }

client_needs_python_requests=python3-requests
client_has_python_requests() { python3 -c 'import requests' 2>/dev/null; }
client_python_requests() { python3 "$CLIENTS_HERE/fetch.py" requests "$1"; }

client_needs_node_fetch=node
client_node_fetch() { node "$CLIENTS_HERE/fetch.mjs" fetch "$1"; }

client_needs_node_https=node
client_node_https() { node "$CLIENTS_HERE/fetch.mjs" https "$1"; }

client_needs_java=java
client_java() { java -Djavax.net.ssl.trustStore="$CLIENTS_WORK/trust.p12" -Djavax.net.ssl.trustStorePassword=sekisho -cp "$CLIENTS_WORK" Fetch "$1"; }
client_has_java() { type java javac keytool >/dev/null 2>&1; }
client_prepare_java() {
	javac -d "$CLIENTS_WORK" "$CLIENTS_HERE/Fetch.java" &&
		keytool -importcert -noprompt -alias lab -file "$CLIENTS_CA" -storetype PKCS12 -storepass sekisho \
			-keystore "$CLIENTS_WORK/trust.p12" 2>/dev/null
}

# Browsers begin with a profile of their own each time: nothing is remembered of the run before.
client_needs_chromium=chromium
client_chromium() {
	local profile
	profile=$(mktemp -d "$CLIENTS_WORK/chromium.XXXXXX")
	timeout 60 chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
		--disable-component-update --user-data-dir="$profile" --ignore-certificate-errors-spki-list="$CLIENTS_SPKI" \
		--dump-dom "$1" 2>"$CLIENTS_WORK/chromium.err"
	rm -rf "$profile"
}

# Firefox prints nothing of a page; what it did is in the server's log.
client_needs_firefox=firefox-esr
client_firefox() {
	local profile
	profile=$(mktemp -d "$CLIENTS_WORK/firefox.XXXXXX")
	cat >"$profile/user.js" <<-'JS'
		user_pref("browser.shell.checkDefaultBrowser", false);
		user_pref("datareporting.policy.dataSubmissionEnabled", false);
		user_pref("network.captive-portal-service.enabled", false);
		user_pref("network.connectivity-service.enabled", false);
		user_pref("security.OCSP.enabled", 0);
		user_pref("app.normandy.enabled", false);
		user_pref("extensions.getAddons.cache.enabled", false);
		user_pref("browser.safebrowsing.malware.enabled", false);
		user_pref("browser.safebrowsing.phishing.enabled", false);
	JS
	HOME=$profile timeout 60 firefox-esr --headless --profile "$profile" --screenshot "$profile/page.png" "$1" \
		>"$CLIENTS_WORK/firefox.err" 2>&1
	[[ -s $profile/page.png ]] && echo "a picture of $(stat -c %s "$profile/page.png") bytes"
	rm -rf "$profile"
}

# client_missing NAME: says what is missing, or is false.
client_missing() {
	local needs=client_needs_$1
	if declare -F "client_has_$1" >/dev/null; then
		! "client_has_$1" || return 1
	else
		! type -P "${!needs}" >/dev/null || return 1
	fi
	echo "${!needs} is not installed"
}
