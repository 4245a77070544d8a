# SPDX-License-Identifier: GPL-2.0-or-later
# The lab with servers that clients trust: an authority of its own, HTTP/2, early data, big files. Sourced after lab.sh.
# shellcheck shell=bash disable=SC2154
CLIENTS=$LAB_TOP/tests/lab/clients

lab_certificates() {
	local name names=
	for name in "${LAB_NAMES[@]}"; do names+="${names:+,}DNS:$name"; done
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=Sekisho lab authority' \
		-addext 'keyUsage=critical,keyCertSign' -keyout "$LAB_DIR/ca.key" -out "$LAB_DIR/ca.pem" 2>>"$LAB_DIR/openssl.out"
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=Sekisho lab' -keyout "$LAB_DIR/key.pem" \
		-out "$LAB_DIR/request.pem" 2>>"$LAB_DIR/openssl.out"
	printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\n' "$names" >"$LAB_DIR/extensions"
	openssl x509 -req -in "$LAB_DIR/request.pem" -CA "$LAB_DIR/ca.pem" -CAkey "$LAB_DIR/ca.key" -days 2 -extfile "$LAB_DIR/extensions" \
		-out "$LAB_DIR/cert.pem" 2>>"$LAB_DIR/openssl.out"
	chmod 0644 "$LAB_DIR/key.pem"
	openssl x509 -in "$LAB_DIR/cert.pem" -pubkey -noout | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary |
		base64 >"$LAB_DIR/spki"
	cat /etc/ssl/certs/ca-certificates.crt "$LAB_DIR/ca.pem" >"$LAB_DIR/bundle.pem"
	echo 'nameserver 127.0.0.1' >"$LAB_DIR/resolv.conf"
	{
		echo "127.0.0.1 localhost"
		# The other tenant has an address of its own: over HTTP/2 a browser would ask for it on an open connection to the first,
		# since one certificate bears both names. That no firewall sees.
		for name in "${LAB_NAMES[@]}"; do
			if [[ $name == "$LAB_FOREIGN" ]]; then echo "198.51.100.131 $name"; else echo "198.51.100.130 $name"; fi
		done
	} >"$LAB_DIR/hosts"
}

# Every tenant over HTTP/1.1 and HTTP/2, with early data, and the promise of HTTP/3 that browsers try out.
lab_cloud_servers() {
	local name
	mkdir -p "$LAB_DIR/www"
	cp "$CLIENTS/page.html" "$LAB_DIR/www/page.html"
	head -c 4000000 /dev/urandom >"$LAB_DIR/www/big"
	head -c 60000000 /dev/urandom >"$LAB_DIR/www/huge"
	{
		echo "pid $LAB_DIR/nginx.pid; error_log $LAB_DIR/nginx.err; worker_processes 1; user root; daemon off;"
		echo "events { worker_connections 4096; }"
		echo "http {"
		echo "log_format names '\$ssl_server_name|\$status|\$server_protocol|\$request_method|\$connection|\$request_length|\$ssl_session_reused|\$request_uri';"
		echo "access_log $LAB_DIR/nginx.access names; client_max_body_size 100m;"
		echo "client_body_temp_path $LAB_DIR/body; proxy_temp_path $LAB_DIR/t1; fastcgi_temp_path $LAB_DIR/t2;"
		echo "uwsgi_temp_path $LAB_DIR/t3; scgi_temp_path $LAB_DIR/t4; keepalive_requests 100000; default_type text/plain;"
		echo "types { text/html html; } ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:s:1m; ssl_early_data on;"
		for name in "${LAB_NAMES[@]}"; do
			echo "server { listen 443 ssl http2; listen [::]:443 ssl http2; listen 80; server_name $name; root $LAB_DIR/www;"
			echo "ssl_certificate $LAB_DIR/cert.pem; ssl_certificate_key $LAB_DIR/key.pem;"
			echo "add_header Alt-Svc 'h3=\":443\"; ma=60' always; add_header Access-Control-Allow-Origin * always;"
			echo "location = /page.html { } location = /big { } location = /huge { }"
			echo "location = /upload { client_body_in_file_only off; proxy_pass http://127.0.0.1:8099; }"
			printf '%s\n' "location / { return 200 'I am $name\\n'; } }"
		done
		printf '%s\n' "server { listen 127.0.0.1:8099; access_log off; location / { return 200 'taken\\n'; } }"
		echo "}"
	} >"$LAB_DIR/nginx.conf"
	lab_spawn cloud nginx -e "$LAB_DIR/nginx.err" -c "$LAB_DIR/nginx.conf"
	lab_wait 10 on cloud curl -ks --max-time 2 "https://198.51.100.130/"
}

# clients_run RUNS CLIENT URL [TEXT]: lines of milliseconds and how it ended.
clients_run() { on lgwan "$CLIENTS/inside" "$LAB_DIR" "$@"; }

# median of the first column
clients_median() { sort -n | awk 'NF { v[++n] = $1 } END { if (n) print v[int((n + 1) / 2)]; else print "-" }'; }
