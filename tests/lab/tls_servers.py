# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS servers, each with a certificate for every name that it knows. They speak TLS 1.2, which shows it in plain text."""
import os
import shutil
import socket
import subprocess
import time

OPENSSL = """
import socket, ssl, threading
contexts = {}
def chosen(sock, name, context):
    sock.context = contexts.get((name or '').lower(), context)
for name in %r:
    contexts[name] = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f'{name}.pem', f'{name}.key')
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers('ALL:@SECLEVEL=0')
    context.sni_callback = chosen
def talk(raw):
    try:
        raw.settimeout(5)
        contexts['default.example'].wrap_socket(raw, server_side=True)
    except (OSError, ValueError):
        pass
    raw.close()
listener = socket.create_server(('127.0.0.1', %d), backlog=128)
while True:
    threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
"""
GO = """
package main
import ("crypto/tls"; "net"; "strings")
func main() {
	certificates := map[string]*tls.Certificate{}
	for _, name := range strings.Split("%s", " ") {
		c, err := tls.LoadX509KeyPair(name + ".pem", name + ".key")
		if err != nil { panic(err) }
		certificates[name] = &c
	}
	config := &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if c, ok := certificates[strings.ToLower(hello.ServerName)]; ok { return c, nil }
			return certificates["default.example"], nil
		}}
	listener, err := net.Listen("tcp", "127.0.0.1:%d")
	if err != nil { panic(err) }
	for {
		raw, err := listener.Accept()
		if err == nil { go func() { tls.Server(raw, config).Handshake(); raw.Close() }() }
	}
}
"""
JAVA = """
import java.io.FileInputStream;
import java.net.*;
import java.security.*;
import java.security.cert.X509Certificate;
import javax.net.ssl.*;
public class Known {
	static String chosen(SSLSession session) {
		for (SNIServerName name : ((ExtendedSSLSession) session).getRequestedServerNames())
			if (name instanceof SNIHostName)
				for (String known : "%s".split(" "))
					if (known.equalsIgnoreCase(((SNIHostName) name).getAsciiName()))
						return known;
		return "default.example";
	}
	public static void main(String[] arguments) throws Exception {
		KeyStore store = KeyStore.getInstance("PKCS12");
		store.load(new FileInputStream("known.p12"), "secret".toCharArray());
		KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
		factory.init(store, "secret".toCharArray());
		X509ExtendedKeyManager keys = (X509ExtendedKeyManager) factory.getKeyManagers()[0];
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(new KeyManager[] { new X509ExtendedKeyManager() {
			public String[] getClientAliases(String type, Principal[] issuers) { return null; }
			public String chooseClientAlias(String[] type, Principal[] issuers, Socket socket) { return null; }
			public String[] getServerAliases(String type, Principal[] issuers) { return keys.getServerAliases(type, issuers); }
			public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
				return type.equals("RSA") ? chosen(((SSLSocket) socket).getHandshakeSession()) : null;
			}
			public X509Certificate[] getCertificateChain(String alias) { return keys.getCertificateChain(alias); }
			public PrivateKey getPrivateKey(String alias) { return keys.getPrivateKey(alias); }
		} }, null, null);
		SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory()
			.createServerSocket(%d, 128, InetAddress.getByName("127.0.0.1"));
		listener.setEnabledProtocols(new String[] { "TLSv1.2" });
		while (true) {
			SSLSocket socket = (SSLSocket) listener.accept();
			new Thread(() -> {
				try { socket.setSoTimeout(5000); socket.startHandshake(); } catch (Exception e) { }
				try { socket.close(); } catch (Exception e) { }
			}).start();
		}
	}
}
"""
NGINX = """
pid {folder}/nginx.pid; error_log {folder}/nginx.err crit; daemon off; master_process off; events {{ }}
http {{ access_log off; client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5; ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:@SECLEVEL=0;
{servers} }}
"""


def make_keys(folder, names):
    for name in names:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-addext",
                        f"subjectAltName=DNS:{name}", "-days", "2", "-keyout", f"{name}.key", "-out", f"{name}.pem"],
                       cwd=folder, check=True, stderr=subprocess.DEVNULL)


class Server:
    def __init__(self, name, folder, port, names):
        self.name, self.folder, self.port, self.names = name, folder, port, names
        self.process = None

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def run(self, *command, **more):
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)

    def pkcs12(self, name, out):
        self.run("openssl", "pkcs12", "-export", "-name", name, "-in", name + ".pem", "-inkey", name + ".key", "-out", out,
                 "-passout", "pass:secret")

    def command(self):
        """What starts it; None if this machine has no such server."""
        program = {"openssl": "/usr/bin/python3", "nginx": "nginx", "gnutls": "gnutls-serv", "go": "go", "java": "keytool",
                   "nss": "selfserv"}[self.name]
        if shutil.which(program) is None:
            return None
        return getattr(self, "start_" + self.name)(program)

    def start_openssl(self, program):
        return [program, self.write("known-openssl.py", OPENSSL % (self.names, self.port))]

    def start_nginx(self, program):
        servers = "".join(f"server {{ listen 127.0.0.1:{self.port} ssl{' default_server' if n == 'default.example' else ''}; "
                          f"server_name {n}; ssl_certificate {self.folder}/{n}.pem; ssl_certificate_key {self.folder}/{n}.key; }}\n"
                          for n in self.names)
        return [program, "-e", self.folder + "/nginx.err", "-c",
                self.write("nginx.conf", NGINX.format(folder=self.folder, servers=servers))]

    def start_gnutls(self, program):
        keys = [a for n in self.names for a in ("--x509certfile", n + ".pem", "--x509keyfile", n + ".key")]
        return [program, "--port", str(self.port), "--quiet", "--echo", "--disable-client-cert", "--priority",
                "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0:+RSA"] + keys

    def start_go(self, program):
        environment = dict(os.environ, GOCACHE=self.folder + "/go-cache", GO111MODULE="off", HOME=self.folder)
        self.write("known.go", GO % (" ".join(self.names), self.port))
        self.run(program, "build", "-o", "known-go", "known.go", env=environment)
        return [self.folder + "/known-go"]

    def start_java(self, program):
        for name in self.names:
            self.pkcs12(name, "one.p12")
            self.run(program, "-importkeystore", "-noprompt", "-srckeystore", "one.p12", "-srcstoretype", "PKCS12", "-srcstorepass",
                     "secret", "-destkeystore", "known.p12", "-deststoretype", "PKCS12", "-deststorepass", "secret")
        return ["java", self.write("Known.java", JAVA % (" ".join(self.names), self.port))]

    def start_nss(self, program):
        base = os.path.join(self.folder, "nss")
        os.mkdir(base)
        self.run("certutil", "-N", "-d", "sql:" + base, "--empty-password")
        for name in self.names:
            self.pkcs12(name, "one.p12")
            self.run("pk12util", "-i", "one.p12", "-d", "sql:" + base, "-W", "secret", "-K", "")
        others = [a for n in self.names if n != "default.example" for a in ("-a", n)]
        return [program, "-d", "sql:" + base, "-p", str(self.port), "-n", "default.example", "-V", "tls1.0:tls1.2", "-t", "32"] + others

    def start(self):
        command = self.command()
        if command is None:
            return False
        log = open(os.path.join(self.folder, self.name + ".out"), "wb")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{self.name} does not start: " + open(os.path.join(self.folder, self.name + ".out"), errors="replace").read()[-500:])

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
