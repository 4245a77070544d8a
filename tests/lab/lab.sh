# SPDX-License-Identifier: GPL-2.0-or-later
# The lab: network namespaces as hosts around one firewall, with real servers in them. Sourced by tests and the demo.
#
#   lgwan ── lgwan0 ┐                 ┌ wan0 ── cloud   (permitted cloud, DaaS, an unlisted server)
#   mynum ── mynum0 ┤                 ├ inet0 ── inet   (the Internet zone, its mail server)
#    mgmt ── mgmt0  ┴─ fw (sekishod) ─┴ asp0 ── asp     (LGWAN-ASP)
#
# lab_up makes it, lab_down ends what was started, by pid, and removes it. LAB_DIR holds keys, logs and sockets.
# shellcheck shell=bash disable=SC2119,SC2120

LAB_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB=${LAB:-sk$$}
LAB_DIR=
LAB_PIDS=()
LAB_HOSTS=(fw lgwan inet mynum mgmt asp cloud)
LAB_DAEMON_PID=
BUILD=${BUILD:-$LAB_TOP/build}
LAB_SEKISHOD=$BUILD/sekishod # the program that lab_daemon_start starts

# on HOST COMMAND...: runs the command on that host of the lab.
on() {
	local host=$1
	shift
	ip netns exec "$LAB-$host" "$@"
}

# lab_wait SECONDS COMMAND...: until the command succeeds; false when the time is over.
lab_wait() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		read -r -t 0.05 <> <(:) || :
	done
}

# lab_spawn HOST COMMAND...: starts it in the background; its pid is in LAB_LAST. lab_down ends it.
lab_spawn() {
	local host=$1
	shift
	ip netns exec "$LAB-$host" "$@" >>"$LAB_DIR/$host.out" 2>&1 </dev/null &
	LAB_LAST=$!
	LAB_PIDS+=("$LAB_LAST")
}

lab_link() { # HOST FW_IF FW4 HOST4 FW6 HOST6: a cable between the firewall and a host
	local host=$1 fwif=$2 fw4=$3 host4=$4 fw6=$5 host6=$6
	ip link add "$fwif" netns "$LAB-fw" type veth peer name eth0 netns "$LAB-$host"
	on fw ip addr add "$fw4" dev "$fwif"
	on fw ip -6 addr add "$fw6" dev "$fwif" nodad
	on "$host" ip addr add "$host4" dev eth0
	on "$host" ip -6 addr add "$host6" dev eth0 nodad
	on fw ip link set "$fwif" up
	on "$host" ip link set eth0 up
	on "$host" ip link set lo up
	on "$host" ip route add default via "${fw4%/*}"
	on "$host" ip -6 route add default via "${fw6%/*}"
}

lab_net_up() {
	local host address
	for host in "${LAB_HOSTS[@]}"; do
		ip netns add "$LAB-$host"
		on "$host" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	done
	on fw ip link set lo up
	# The firewall's own rules are to be tested, not the kernel's reverse path filter.
	on fw sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	lab_link lgwan lgwan0 192.168.10.1/24 192.168.10.11/24 2001:db8:10::1/64 2001:db8:10::11/64
	lab_link inet inet0 192.168.30.1/24 192.168.30.11/24 2001:db8:30::1/64 2001:db8:30::11/64
	lab_link mynum mynum0 172.16.10.1/24 172.16.10.10/24 2001:db8:172::1/64 2001:db8:172::10/64
	lab_link mgmt mgmt0 192.168.99.1/28 192.168.99.2/28 2001:db8:99::1/64 2001:db8:99::2/64
	lab_link asp asp0 203.0.113.1/24 203.0.113.10/24 2001:db8:203::1/64 2001:db8:203::10/64
	lab_link cloud wan0 192.0.2.10/24 192.0.2.1/24 2001:db8:ffff::10/64 2001:db8:ffff::1/64
	on lgwan ip addr add 192.168.10.12/24 dev eth0
	on inet ip addr add 192.168.30.25/24 dev eth0
	for address in 10 40 100 130 131 200 241; do
		on cloud ip addr add "198.51.100.$address/32" dev lo
		on cloud ip -6 addr add "2001:db8:c10d::$address/128" dev lo nodad
	done
	on fw ip route add 198.51.100.0/24 via 192.0.2.1
	on fw ip -6 route add 2001:db8:c10d::/64 via 2001:db8:ffff::1
	on fw ip route add default via 192.168.30.11
	on fw ip -6 route add default via 2001:db8:30::11
	# On the way back the cloud knows the firewall's own address, and the sites of a DaaS line.
	on cloud ip route del default
	on cloud ip route add default via 192.0.2.10
}

LAB_TENANT=reiji-city.sharepoint.com
LAB_FOREIGN=other-city.sharepoint.com
LAB_NAMES=("$LAB_TENANT" reiji-city-my.sharepoint.com "$LAB_FOREIGN" login.microsoftonline.com
	definitionupdates.example unknown.example)

# One certificate for all, without any of their names: what the wire shows of a name was said by a client.
lab_certificates() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=Sekisho lab' \
		-keyout "$LAB_DIR/key.pem" -out "$LAB_DIR/cert.pem" 2>>"$LAB_DIR/openssl.out"
	chmod 0644 "$LAB_DIR/key.pem"
}

# nginx outside: every tenant answers with its own name, over TLS and in the clear, and logs the name asked for.
lab_cloud_servers() {
	local name conf=$LAB_DIR/nginx.conf
	{
		echo "pid $LAB_DIR/nginx.pid; error_log $LAB_DIR/nginx.err; worker_processes 1; user root; daemon off;"
		echo "events { worker_connections 8192; }"
		echo "http {"
		echo "log_format names '\$server_addr|\$ssl_server_name|\$host|\$status';"
		echo "access_log $LAB_DIR/nginx.access names;"
		echo "client_body_temp_path $LAB_DIR; proxy_temp_path $LAB_DIR; fastcgi_temp_path $LAB_DIR;"
		echo "uwsgi_temp_path $LAB_DIR; scgi_temp_path $LAB_DIR; keepalive_requests 100000; default_type text/plain;"
		for name in default "${LAB_NAMES[@]}"; do
			local extra='' server=$name
			[[ $name == default ]] && { extra=' default_server'; server=_; }
			echo "server { listen 443 ssl$extra; listen [::]:443 ssl$extra; listen 80$extra; listen [::]:80$extra;"
			echo "listen 8443 ssl$extra; server_name $server;"
			echo "ssl_certificate $LAB_DIR/cert.pem; ssl_certificate_key $LAB_DIR/key.pem;"
			printf '%s\n' "location /big { root $LAB_DIR/www; } location / { return 200 'I am $name\\n'; } }"
		done
		echo "}"
	} >"$conf"
	mkdir -p "$LAB_DIR/www"
	head -c 4000000 /dev/zero >"$LAB_DIR/www/big"
	lab_spawn cloud nginx -e "$LAB_DIR/nginx.err" -c "$conf"
	lab_wait 10 on cloud curl -ks --max-time 2 https://198.51.100.130/
}

# lab_answer HOST PORT...: every tcp/N and udp/N answers with the host's name.
lab_answer() {
	local host=$1
	shift
	lab_spawn "$host" python3 "$LAB_TOP/tests/lab/answer.py" "$host" "$@"
	lab_wait 10 grep -q "^$host answers" "$LAB_DIR/$host.out"
}

lab_up() {
	LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/sekisho-lab.XXXXXX")
	chmod 0755 "$LAB_DIR"
	trap lab_down EXIT
	trap 'exit 130' INT TERM
	lab_net_up
	lab_certificates
	lab_cloud_servers
	lab_answer mynum tcp/443 tcp/1521 tcp/8080 udp/5000
	lab_answer inet tcp/25 tcp/80 tcp/8080
	lab_answer asp tcp/443 tcp/8080
	lab_answer cloud tcp/22 tcp/4172 udp/3478 udp/443
	lab_answer lgwan tcp/445
}

lab_down() {
	local pid host status=$?
	trap - EXIT
	set +e
	lab_daemon_stop
	for pid in "${LAB_PIDS[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
	LAB_PIDS=()
	for host in "${LAB_HOSTS[@]}"; do
		if [[ -e /run/netns/$LAB-$host ]]; then ip netns del "$LAB-$host"; fi
	done
	if [[ -n ${LAB_KEEP:-} ]]; then
		echo "kept: $LAB_DIR" >&2
	elif [[ -n $LAB_DIR ]]; then
		rm -rf "$LAB_DIR"
	fi
	return "$status"
}

# --- the daemon -----------------------------------------------------------------------------------------------

LAB_LOG=        # decisions.jsonl of the running daemon
LAB_POLICY=     # the policy file in use

# lab_policy FILE: the example policy of the lab, with paths inside LAB_DIR and an unprivileged user that exists.
lab_policy() {
	sed -e "s|/@DIR@|$LAB_DIR|g" "$LAB_TOP/tests/lab/lab.conf" >"$1"
}

lab_daemon_start() { # [ARG...]: further arguments for sekishod
	LAB_POLICY=${LAB_POLICY:-$LAB_DIR/policy.conf}
	LAB_LOG=$LAB_DIR/log/decisions.jsonl
	mkdir -p "$LAB_DIR/log" "$LAB_DIR/run"
	chown nobody "$LAB_DIR/log" "$LAB_DIR/run"
	[[ -e $LAB_POLICY ]] || lab_policy "$LAB_POLICY"
	[[ -z $LAB_DAEMON_PID ]] || { echo "a daemon is running already"; return 1; }
	ip netns exec "$LAB-fw" "$LAB_SEKISHOD" -c "$LAB_POLICY" "$@" >>"$LAB_DIR/sekishod.out" 2>&1 </dev/null &
	LAB_DAEMON_PID=$!
	lab_wait 60 lab_ctl status && kill -0 "$LAB_DAEMON_PID" || {
		echo "sekishod did not start:" >&2
		cat "$LAB_DIR/sekishod.out" >&2
		return 1
	}
}

lab_daemon_stop() {
	[[ -n $LAB_DAEMON_PID ]] || return 0
	kill -TERM "$LAB_DAEMON_PID" 2>/dev/null
	wait "$LAB_DAEMON_PID" 2>/dev/null
	LAB_DAEMON_PID=
}

lab_ctl() {
	local command=$1
	shift
	on fw "$BUILD/sekishoctl" "$command" --socket "$LAB_DIR/run/control.sock" "$@"
}

# lab_rules: what the kernel holds now, without what counts.
lab_rules() {
	on fw nft -n list table inet sekisho | sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/'
}

# --- what happened ------------------------------------------------------------------------------------------------

# lab_mark: remembers where the log ends now; lab_records gives the decisions since (without life and policy records).
lab_mark() {
	LAB_MARK=$(wc -l <"$LAB_LOG")
}

lab_records() {
	tail -n "+$((LAB_MARK + 1))" "$LAB_LOG" | grep '"source.ip"'
}

# lab_record_is COUNT OUTCOME REASON [TEXT]: just COUNT records since lab_mark with outcome and reason (and TEXT in them).
lab_record_is() {
	local count=$1 outcome=$2 reason=$3 text=${4:-}
	[[ $(lab_records | grep -F "\"event.outcome\":\"$outcome\"" | grep -F "\"event.reason\":\"$reason\"" |
		grep -cF -- "$text") == "$count" ]]
}

# --- results -----------------------------------------------------------------------------------------------------

TAP_COUNT=0 TAP_FAILED=0 LAB_MARK=0

ok() { # SENTENCE COMMAND...: passes if the command does
	local sentence=$1
	shift
	TAP_COUNT=$((TAP_COUNT + 1))
	if "$@" >"$LAB_DIR/tap.out" 2>&1; then
		echo "ok $TAP_COUNT - $sentence"
	else
		TAP_FAILED=$((TAP_FAILED + 1))
		echo "not ok $TAP_COUNT - $sentence"
		sed 's/^/#   /' "$LAB_DIR/tap.out" | tail -n 15
		[[ -n $LAB_LOG && -e $LAB_LOG ]] && lab_records | tail -n 3 | cut -c1-600 | sed 's/^/#   record: /'
	fi
	return 0
}

skip() { # SENTENCE REASON
	TAP_COUNT=$((TAP_COUNT + 1))
	echo "ok $TAP_COUNT - $1 # SKIP $2"
}

not() { ! "$@"; }

# Records of every kind that the run made; of decisions the first thousand, since a load makes many.
lab_schema() {
	zcat -f "$LAB_DIR"/log/decisions.jsonl* | awk 'NR <= 1000 || /"event.category":"(process|configuration)"/' >"$LAB_DIR/records.jsonl" &&
		python3 "$LAB_TOP/tests/lab/schema.py" "$LAB_DIR/records.jsonl"
}

tap_end() {
	if [[ -s $LAB_DIR/log/decisions.jsonl ]] && python3 -c 'import jsonschema' 2>/dev/null; then
		ok "every record of this run is as the schema says" lab_schema
	fi
	echo "1..$TAP_COUNT"
	((TAP_FAILED == 0))
}
