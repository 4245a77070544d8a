// SPDX-License-Identifier: GPL-2.0-or-later
// usage: Fetch URL [FILE]     FILE is sent in a POST
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;

public class Fetch {
	public static void main(String[] args) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(args[0])).timeout(Duration.ofSeconds(20));

		if (args.length > 1)
			request.POST(HttpRequest.BodyPublishers.ofFile(Path.of(args[1])));
		HttpResponse<byte[]> answer = HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
		if (answer.statusCode() != 200)
			throw new Exception("status " + answer.statusCode());
		System.out.write(answer.body());
		System.out.flush();
		System.exit(0);
	}
}
