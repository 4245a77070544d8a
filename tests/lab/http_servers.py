# SPDX-License-Identifier: GPL-2.0-or-later
"""HTTP servers that tell, in the field X-Seen of each answer, for which host they took a request."""
import os
import shutil
import socket
import subprocess
import time

# A body is read to its end, by its framing, before the answer.
NODE = """
const http = require('http');
http.createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.setHeader('X-Seen', encodeURIComponent(request.headers.host || ''));
    response.end('ok');
  });
}).listen(%d, '127.0.0.1');
"""
H11 = """
import socket, threading, h11
def talk(sock):
    peer = h11.Connection(h11.SERVER)
    seen = b''
    try:
        sock.settimeout(5)
        while True:
            event = peer.next_event()
            if event is h11.NEED_DATA:
                peer.receive_data(sock.recv(65536))
            elif type(event) is h11.Request:
                seen = dict(event.headers).get(b'host', b'')
            elif type(event) is h11.EndOfMessage:
                answer = h11.Response(status_code=200, headers=[('X-Seen', seen), ('Content-Length', '0')])
                sock.sendall(peer.send(answer) + peer.send(h11.EndOfMessage()))
                if peer.our_state is h11.MUST_CLOSE:
                    break
                peer.start_next_cycle()
            elif type(event) is h11.ConnectionClosed or event is h11.PAUSED:
                break
    except (OSError, h11.ProtocolError):
        pass
    sock.close()
listener = socket.create_server(('127.0.0.1', %d), backlog=128)
while True:
    threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
"""
GO = """
package main
import ("io"; "net/http")
func main() {
	http.ListenAndServe("127.0.0.1:%d", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Seen", r.Host)
		w.Write([]byte("ok"))
	}))
}
"""
JAVA = """
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
public class Seen {
	public static void main(String[] arguments) throws Exception {
		HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", %d), 128);
		server.createContext("/", exchange -> {
			exchange.getRequestBody().readAllBytes();
			exchange.getResponseHeaders().set("X-Seen", exchange.getRequestHeaders().getFirst("Host"));
			exchange.sendResponseHeaders(200, -1);
			exchange.close();
		});
		server.start();
	}
}
"""
NGINX = """
pid {0}/nginx.pid; error_log {0}/nginx.err crit; daemon off; master_process off; events {{ }}
http {{ access_log off; client_body_temp_path {0}/1; proxy_temp_path {0}/2; fastcgi_temp_path {0}/3; uwsgi_temp_path {0}/4;
scgi_temp_path {0}/5; server {{ listen 127.0.0.1:{1}; location / {{ add_header X-Seen $host; return 200 ok; }} }} }}
"""
# What 410 answers is never a request that Apache did not understand.
APACHE = """
ServerRoot {0}
Listen 127.0.0.1:{1}
PidFile {0}/apache.pid
ErrorLog {0}/apache.err
ServerName unnamed.invalid
UseCanonicalName Off
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
RedirectMatch 410 .*
Header always set X-Seen "expr=%{{SERVER_NAME}}"
"""


class Server:
    def __init__(self, name, folder, port):
        self.name, self.folder, self.port = name, folder, port
        self.process = None

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def command(self):
        """What starts it; None if this machine has no such server."""
        port, folder = self.port, self.folder
        if self.name == "h11":
            # Debian's, also where another python comes first
            found = subprocess.run(["/usr/bin/python3", "-c", "import h11"], stderr=subprocess.DEVNULL, check=False)
            return ["/usr/bin/python3", self.write("seen-h11.py", H11 % port)] if found.returncode == 0 else None
        program = {"node": "node", "nginx": "nginx", "apache": "apache2", "go": "go", "java": "java"}[self.name]
        if shutil.which(program) is None:
            return None
        if self.name == "node":
            return [program, self.write("seen.js", NODE % port)]
        if self.name == "nginx":
            return [program, "-e", folder + "/nginx.err", "-c", self.write("nginx.conf", NGINX.format(folder, port))]
        if self.name == "apache":
            return [program, "-X", "-f", self.write("apache.conf", APACHE.format(folder, port))]
        if self.name == "java":
            return [program, self.write("Seen.java", JAVA % port)]
        built = folder + "/seen-go"
        environment = dict(os.environ, GOCACHE=folder + "/go-cache", GOFLAGS="-mod=mod", GO111MODULE="off", HOME=folder)
        subprocess.run([program, "build", "-o", built, self.write("seen.go", GO % port)], env=environment, check=True)
        return [built]

    def start(self):
        command = self.command()
        if command is None:
            return False
        log = open(os.path.join(self.folder, self.name + ".out"), "wb")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{self.name} does not start; see {self.folder}/{self.name}.out")

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
