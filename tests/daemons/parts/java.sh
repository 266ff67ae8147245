#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: java (Selector, Socket, HttpServer, HttpClient)
# package: openjdk-17-jre-headless openjdk-17-jdk-headless
# roles: server, client
# done: an echo on one Selector with 20 clients at once; ServerSocket and Socket with a thread for each of 10 clients, the server speaks first; a close and an interrupt while another thread reads, time-outs, FileChannel.transferTo and transferFrom, AsynchronousSocketChannel; com.sun.net.httpserver with java.net.http: 5 MB up and back, 5 MB down, 40 requests at once; OpenSSL's client and server on the other side
# limits: none known
. "$(dirname "$0")/../scene.sh"

random large 5000000
keep_path=1 program java
program nc
command -v javac > /dev/null || skip_all "with java" "javac is not installed; make check-daemons installs it"

mkdir "$work/java"
cat > "$work/java/Select.java" << 'JAVA'
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.nio.file.*;
import java.util.*;

/** server PORT, or client PORT FILE COUNT: both on one Selector. */
class Select {
	static void server(int port) throws Exception {
		Selector s = Selector.open();
		ServerSocketChannel l = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", port), 64);
		l.configureBlocking(false).register(s, SelectionKey.OP_ACCEPT);
		while (true) {
			s.select();
			for (Iterator<SelectionKey> i = s.selectedKeys().iterator(); i.hasNext();) {
				SelectionKey k = i.next();
				i.remove();
				if (k.isAcceptable()) {
					SocketChannel c = l.accept();
					if (c != null)
						c.configureBlocking(false).register(s, SelectionKey.OP_READ, ByteBuffer.allocateDirect(65536));
					continue;
				}
				SocketChannel c = (SocketChannel) k.channel();
				ByteBuffer b = (ByteBuffer) k.attachment();
				if (k.isReadable() && c.read(b) < 0) {
					c.close();
					continue;
				}
				b.flip();
				c.write(b);
				b.compact();
				k.interestOps((b.hasRemaining() ? SelectionKey.OP_READ : 0) | (b.position() > 0 ? SelectionKey.OP_WRITE : 0));
			}
		}
	}

	static void client(int port, byte[] want, int count) throws Exception {
		Selector s = Selector.open();
		ByteBuffer[] in = new ByteBuffer[count], out = new ByteBuffer[count];
		for (int i = 0; i < count; i++) {
			SocketChannel c = SocketChannel.open();
			c.configureBlocking(false);
			in[i] = ByteBuffer.allocate(want.length);
			out[i] = ByteBuffer.wrap(want);
			c.register(s, c.connect(new InetSocketAddress("127.0.0.1", port)) ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT, i);
		}
		for (int left = count; left > 0;) {
			s.select();
			for (SelectionKey k : s.selectedKeys()) {
				SocketChannel c = (SocketChannel) k.channel();
				int i = (Integer) k.attachment();
				if (k.isConnectable() && c.finishConnect())
					k.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
				if (!k.isConnectable() && k.isWritable() && (c.write(out[i]) < 0 || !out[i].hasRemaining()))
					k.interestOps(SelectionKey.OP_READ);
				if (k.isReadable() && (c.read(in[i]) < 0 || !in[i].hasRemaining())) {
					c.close();
					left--;
				}
			}
			s.selectedKeys().clear();
		}
		for (int i = 0; i < count; i++)
			System.out.println("client " + i + " " + Arrays.equals(in[i].array(), want));
	}

	public static void main(String[] a) throws Exception {
		if (a[0].equals("server"))
			server(Integer.parseInt(a[1]));
		else
			client(Integer.parseInt(a[1]), Files.readAllBytes(Path.of(a[2])), Integer.parseInt(a[3]));
	}
}
JAVA

cat > "$work/java/Block.java" << 'JAVA'
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.*;

/** server PORT: greets, takes a number of bytes and turns them round; client PORT FILE COUNT; fetch PORT BYTES */
class Block {
	static void serve(Socket c) {
		try (c) {
			DataInputStream in = new DataInputStream(new BufferedInputStream(c.getInputStream()));
			PrintStream out = new PrintStream(c.getOutputStream(), true);
			out.println("welcome");
			for (String line; (line = in.readLine()) != null;) {
				byte[] all = new byte[Integer.parseInt(line)];
				in.readFully(all);
				for (int i = 0, j = all.length - 1; i < j; i++, j--) {
					byte b = all[i];
					all[i] = all[j];
					all[j] = b;
				}
				out.write(all);
				out.flush();
			}
			out.println("goodbye");
		} catch (IOException e) {
			e.printStackTrace();
		}
	}

	static String client(int port, byte[] want) {
		try (Socket c = new Socket()) {
			c.connect(new InetSocketAddress("127.0.0.1", port), 20000);
			c.setSoTimeout(30000);
			c.setTcpNoDelay(true);
			DataInputStream in = new DataInputStream(new BufferedInputStream(c.getInputStream()));
			String said = in.readLine();
			c.getOutputStream().write((want.length + "\n").getBytes());
			c.getOutputStream().write(want);
			byte[] all = new byte[want.length];
			in.readFully(all);
			boolean whole = true;
			for (int i = 0; i < all.length; i++)
				whole &= all[i] == want[all.length - 1 - i];
			c.shutdownOutput();
			return said + " " + whole + " " + in.readLine() + " " + in.read();
		} catch (IOException e) {
			return e.toString();
		}
	}

	public static void main(String[] a) throws Exception {
		int port = Integer.parseInt(a[1]);
		if (a[0].equals("server")) {
			ServerSocket l = new ServerSocket(port, 64, InetAddress.getByName("127.0.0.1"));
			while (true) {
				Socket c = l.accept();
				new Thread(() -> serve(c)).start();
			}
		} else if (a[0].equals("fetch")) {
			try (Socket c = new Socket("127.0.0.1", port)) {
				c.getOutputStream().write("please\n".getBytes());
				System.out.write(c.getInputStream().readNBytes(Integer.parseInt(a[2])));
				System.out.flush();
			}
		} else {
			byte[] want = Files.readAllBytes(Path.of(a[2]));
			List<Thread> all = new ArrayList<>();
			for (int i = 0; i < Integer.parseInt(a[3]); i++) {
				Thread t = new Thread(() -> System.out.println(client(port, want)));
				t.start();
				all.add(t);
			}
			for (Thread t : all)
				t.join();
		}
	}
}
JAVA

cat > "$work/java/Http.java" << 'JAVA'
import com.sun.net.httpserver.*;
import java.io.*;
import java.net.*;
import java.net.http.*;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;

/** server PORT FILE, or client PORT FILE */
class Http {
	static void server(int port, Path file) throws Exception {
		HttpServer s = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 64);
		s.setExecutor(Executors.newFixedThreadPool(8));
		s.createContext("/echo", (x) -> { // as a stream, in chunks
			x.sendResponseHeaders(200, 0);
			try (OutputStream o = x.getResponseBody()) {
				x.getRequestBody().transferTo(o);
			}
		});
		s.createContext("/file", (x) -> {
			x.sendResponseHeaders(200, Files.size(file));
			try (OutputStream o = x.getResponseBody()) {
				Files.copy(file, o);
			}
		});
		s.createContext("/", (x) -> {
			byte[] b = ("you asked for " + x.getRequestURI() + "\n").getBytes();
			x.sendResponseHeaders(404, b.length);
			x.getResponseBody().write(b);
			x.close();
		});
		s.start();
	}

	static HttpRequest.Builder to(int port, String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(java.time.Duration.ofSeconds(40));
	}

	static void client(int port, Path file, HttpClient.Version version) throws Exception {
		byte[] want = Files.readAllBytes(file);
		HttpClient c = HttpClient.newBuilder().version(version).build();
		HttpResponse<byte[]> up = c.send(to(port, "/echo").POST(HttpRequest.BodyPublishers.ofFile(file)).build(), BodyHandlers.ofByteArray());
		System.out.println("up and back " + up.statusCode() + " " + Arrays.equals(up.body(), want));
		System.out.println("down " + Arrays.equals(c.send(to(port, "/file").build(), BodyHandlers.ofByteArray()).body(), want));
		List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
		for (int i = 0; i < 40; i++)
			all.add(c.sendAsync(to(port, "/" + i).build(), BodyHandlers.ofString()));
		for (CompletableFuture<HttpResponse<String>> f : all)
			System.out.print(f.get().statusCode() + " " + f.get().body());
	}

	public static void main(String[] a) throws Exception {
		int port = Integer.parseInt(a[1]);
		if (a[0].equals("server")) {
			server(port, Path.of(a[2]));
			return;
		}
		for (HttpClient.Version v : HttpClient.Version.values())
			client(port, Path.of(a[2]), v); // a server without HTTP/2 answers its Upgrade as it is
	}
}
JAVA
cat > "$work/java/Odd.java" << 'JAVA'
import java.io.*;
import java.net.*;
import java.nio.*;
import java.nio.channels.*;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;

/** What Java does in ways of its own: a close in one thread while another one reads, time-outs, transferTo, asynchronous channels. */
class Odd {
	static void server(int port, Path file) throws Exception {
		ServerSocketChannel l = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", port), 64);
		while (true) {
			SocketChannel c = l.accept();
			new Thread(() -> {
				ByteBuffer b = ByteBuffer.allocate(4);
				long n = 0;
				try (c; FileChannel f = FileChannel.open(file)) {
					while (b.hasRemaining() && c.read(b) >= 0) {
					}
					String verb = new String(b.array());
					if (verb.equals("file"))
						while (n < f.size())
							n += f.transferTo(n, f.size() - n, c);
					if (verb.equals("back"))
						c.write(ByteBuffer.wrap("back".getBytes()));
					b.clear();
					System.out.println(verb + ", then " + c.read(b));
				} catch (IOException e) {
					System.out.println("server: " + e);
				}
			}).start();
		}
	}

	interface Reader {
		int read() throws Exception;
	}

	/** A thread that reads until it is woken, and not before it is in a system call. */
	static void read_until(String name, Reader r, Callable<?> wake) throws Exception {
		String[] seen = new String[1];
		Thread t = new Thread(() -> {
			try {
				seen[0] = "" + r.read();
			} catch (Exception e) {
				seen[0] = e.toString();
			}
		}, name);
		t.start();
		for (StackTraceElement[] at; (at = t.getStackTrace()).length == 0 || !at[0].isNativeMethod() || !at[0].getMethodName().matches("read0|poll");)
			Thread.onSpinWait();
		wake.call();
		if (name.startsWith("interrupt"))
			t.interrupt();
		t.join();
		System.out.println(name + ": " + seen[0]);
	}

	static void client(int port, Path got) throws Exception {
		InetSocketAddress to = new InetSocketAddress("127.0.0.1", port);
		try (Socket c = new Socket()) {
			c.connect(to);
			c.setSoTimeout(100);
			try {
				System.out.println(c.getInputStream().read());
			} catch (SocketTimeoutException e) {
				System.out.println("time-out: " + e.getMessage());
			}
			c.getOutputStream().write("back".getBytes());
			c.setSoTimeout(20000);
			System.out.println(new String(c.getInputStream().readNBytes(4)));
		}
		Socket plain = new Socket();
		plain.connect(to);
		plain.getOutputStream().write("one ".getBytes());
		read_until("close of a Socket", () -> plain.getInputStream().read(), () -> { plain.close(); return 0; });
		SocketChannel a = SocketChannel.open(to), b = SocketChannel.open(to);
		a.write(ByteBuffer.wrap("two ".getBytes()));
		b.write(ByteBuffer.wrap("tri ".getBytes()));
		read_until("close of a channel", () -> a.read(ByteBuffer.allocate(9)), () -> { a.close(); return 0; });
		read_until("interrupt of a channel", () -> b.read(ByteBuffer.allocate(9)), () -> 0);
		System.out.println(b.isOpen());
		try (SocketChannel c = SocketChannel.open(to); FileChannel f = FileChannel.open(got, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
			c.write(ByteBuffer.wrap("file".getBytes()));
			for (long n = 0; n < 5000000;)
				n += f.transferFrom(c, n, 5000000 - n);
		}
		try (AsynchronousSocketChannel c = AsynchronousSocketChannel.open()) {
			c.connect(to).get();
			ByteBuffer in = ByteBuffer.allocate(4);
			Future<Integer> n = c.read(in); // before there is anything
			c.write(ByteBuffer.wrap("back".getBytes())).get();
			System.out.println("asynchronous: " + n.get() + " " + new String(in.array()));
		}
	}

	public static void main(String[] a) throws Exception {
		if (a[0].equals("server"))
			server(Integer.parseInt(a[1]), Path.of(a[2]));
		else
			client(Integer.parseInt(a[1]), Path.of(a[2]));
	}
}
JAVA
(cd "$work/java" && javac -nowarn -Xlint:none -d "$work/java" ./*.java) > "$work/javac.out" 2>&1 || { show "$work/javac.out"; ok 1 "java's classes are made"; plan; }
run=("$work/bin/java" -Xshare:auto -XX:TieredStopAtLevel=1 -cp "$work/java")

select_echo() {
	serve "${run[@]}" Select server "$port" || return 1
	client "${run[@]}" -Xmx512m Select client "$port" "$work/large" 20 > "$dir/found"
	stop "$server_pid"
	[ "$(grep -c true "$dir/found")" -eq 20 ]
}

blocking() {
	serve "${run[@]}" Block server "$port" || return 1
	client "${run[@]}" -Xmx512m Block client "$port" "$work/large" 10 > "$dir/found"
	stop "$server_pid"
	[ "$(grep -cx 'welcome true goodbye -1' "$dir/found")" -eq 10 ]
}

six_ends() { [ "$(grep -c then "$dir/server.out")" -eq 6 ]; }
odd() {
	serve "${run[@]}" Odd server "$port" "$work/large" || return 1
	client "${run[@]}" Odd client "$port" "$dir/got" > "$dir/found"
	until_true 5 six_ends
	stop "$server_pid"
	sort "$dir/server.out" >> "$dir/found"
	six_ends && cmp "$dir/got" "$work/large"
}

http() {
	serve "${run[@]}" Http server "$port" "$work/large" || return 1
	client "${run[@]}" Http client "$port" "$work/large" > "$dir/found"
	stop "$server_pid"
	[ "$(grep -cx 'up and back 200 true\|down true' "$dir/found")" -eq 4 ] && [ "$(grep -c '^404 you asked' "$dir/found")" -eq 80 ]
}

raw() {
	serve "${run[@]}" Http server "$port" "$work/large" || return 1
	printf 'GET /file HTTP/1.1\r\nHost: x\r\n\r\nGET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' |
		peer_client | grep -av '^Date:' > "$dir/found"
	stop "$server_pid"
	[ "$(wc -c < "$dir/found")" -gt 10000000 ]
}

to_a_stranger() {
	peer_server "$work/large" || return 1
	client "${run[@]}" Block fetch "$port" 5000000 > "$dir/found"
	stop "$server_pid"
	grep -qx please "$dir/heard" && cmp "$dir/found" "$work/large"
}

the_agent agent --ttl 5m
both "java's Selector, 20 clients" select_echo java java
both "java's blocking sockets, 10 clients" blocking java java
both "java's closes, time-outs, transfers and asynchronous channels" odd java java
both "java's HTTP server and client" http java java
with_openssl "java's HTTP server and two requests on one connection" raw java nc
with_openssl "java's Socket and a server" to_a_stranger nc java
plan
