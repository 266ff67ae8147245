#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: node (http, net, child_process)
# package: nodejs
# roles: server, client
# done: http: 5 MB uploaded and echoed as a stream with back-pressure, 5 MB down, 60 requests over a keep-alive Agent of 4 sockets; net: a server that speaks first, 10 clients that end their half and get 5 MB of echo; a process for each of 5 connections, which it has as descriptor 3; cluster: two workers that get connections, or the listener, from their parent; OpenSSL's client and server on the other side
# limits: none known
. "$(dirname "$0")/../scene.sh"

random large 5000000
keep_path=1 program node
program nc

cat > "$work/http.js" << 'JS'
const http = require('http'), fs = require('fs'), crypto = require('crypto');
const [port, file] = process.argv.slice(2);
let connections = 0;
http.createServer((q, a) => {
	if (q.url === '/echo') { // the sum of what came is in the trailer, where there can be one
		const sum = crypto.createHash('sha256'), length = q.headers['content-length'];
		a.writeHead(200, length ? { 'Content-Length': length } : { Trailer: 'X-Sum' });
		q.on('data', (d) => { sum.update(d); if (!a.write(d)) { q.pause(); a.once('drain', () => q.resume()); } });
		q.on('end', () => { if (!length) a.addTrailers({ 'X-Sum': sum.digest('hex') }); a.end(); });
	} else if (q.url === '/file') {
		a.setHeader('Content-Length', fs.statSync(file).size);
		fs.createReadStream(file).pipe(a);
	} else if (q.url === '/connections') a.end(connections + '\n');
	else a.end('you asked for ' + q.url + '\n');
}).on('connection', () => connections++).listen(port, '127.0.0.1');
JS

cat > "$work/http-client.js" << 'JS'
const http = require('http'), fs = require('fs'), crypto = require('crypto');
const [port, file] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const sha = (b) => crypto.createHash('sha256').update(b).digest('hex');
const ask = (path, body) => new Promise((good, bad) => {
	const q = http.request({ host: '127.0.0.1', port, path, agent, method: body ? 'POST' : 'GET' }, (a) => {
		const parts = [];
		a.on('data', (d) => parts.push(d)).on('error', bad);
		a.on('end', () => good({ status: a.statusCode, body: Buffer.concat(parts), sum: a.trailers['x-sum'] }));
	}).on('error', bad);
	if (body) body.pipe(q); else q.end();
});
(async () => {
	const want = sha(fs.readFileSync(file));
	const up = await ask('/echo', fs.createReadStream(file));
	console.log('up', up.status, up.sum === want, 'and back', sha(up.body) === want);
	console.log('down', sha((await ask('/file')).body) === want);
	const answers = await Promise.all([...Array(60).keys()].map((i) => ask('/' + i)));
	process.stdout.write(answers.map((a) => a.body).join(''));
	const both = await Promise.all([...Array(4)].map(() => ask('/echo', fs.createReadStream(file))));
	console.log('four at once', both.map((a) => sha(a.body) === want).join(' '));
	process.stdout.write('connections ' + (await ask('/connections')).body);
	agent.destroy();
})().catch((e) => { console.error(e); process.exit(1); });
JS

cat > "$work/net.js" << 'JS'
const net = require('net');
const server = net.createServer({ allowHalfOpen: true }, (c) => {
	c.on('error', (e) => console.error(e));
	c.write('who is there?\n');
	c.pipe(c);
}).listen(process.argv[2], '127.0.0.1');
JS

cat > "$work/net-client.js" << 'JS'
const net = require('net'), fs = require('fs');
const [port, file, count] = process.argv.slice(2);
const want = fs.readFileSync(file);
const one = () => new Promise((good, bad) => {
	const parts = [], c = net.connect({ port, host: '127.0.0.1', noDelay: true });
	c.once('data', () => c.end(want)); // nothing before the server has spoken
	c.on('data', (d) => parts.push(d)).on('error', bad);
	c.on('close', () => {
		const all = Buffer.concat(parts);
		good(all.subarray(0, 14) + ' ' + (Buffer.compare(all.subarray(14), want) === 0));
	});
});
Promise.all([...Array(+count)].map(one)).then((all) => console.log(all.join('\n')), (e) => { console.error(e); process.exit(1); });
JS

cat > "$work/spawn.js" << 'JS'
const net = require('net'), { spawn } = require('child_process');
if (process.argv[3] === 'child') {
	const c = new net.Socket({ fd: 3, readable: true, writable: true, allowHalfOpen: true });
	c.write('who is there?\n');
	c.pipe(c);
} else
	net.createServer({ pauseOnConnect: true }, (c) => {
		spawn(process.execPath, [__filename, '', 'child'], { stdio: ['ignore', 'inherit', 'inherit', c] });
		c.destroy(); // the child has it
	}).listen(process.argv[2], '127.0.0.1');
JS

http() {
	serve "$work/bin/node" "$work/http.js" "$port" "$work/large" || return 1
	client "$work/bin/node" "$work/http-client.js" "$port" "$work/large" > "$dir/found"
	stop "$server_pid"
	[ "$(grep -c '^you asked for' "$dir/found")" -eq 60 ] && grep -qx 'up 200 true and back true' "$dir/found" &&
		grep -qx 'down true' "$dir/found" && grep -qx 'connections 4' "$dir/found"
}

net() {
	serve "$work/bin/node" "$work/net.js" "$port" || return 1
	client "$work/bin/node" "$work/net-client.js" "$port" "$work/large" 10 > "$dir/found"
	stop "$server_pid"
	[ "$(grep -c ' true' "$dir/found")" -eq 10 ]
}

cat > "$work/cluster.js" << 'JS'
const cluster = require('cluster'), port = process.argv[2];
if (cluster.isPrimary) { cluster.fork(); cluster.fork(); }
else require('http').createServer((q, a) => q.pipe(a)).listen(port, '127.0.0.1');
JS

# Each connection is accepted by the parent and served by a worker, or the workers get the listener.
workers() {
	NODE_CLUSTER_SCHED_POLICY=$1 serve "$work/bin/node" "$work/cluster.js" "$port" || return 1
	client "$work/bin/node" -e "
		const http = require('http'), fs = require('fs'), want = fs.readFileSync('$work/large').subarray(0, 300000);
		const ask = () => new Promise((good, bad) => http.request({ host: '127.0.0.1', port: $port, method: 'POST', agent: false }, (a) => {
			const parts = [];
			a.on('data', (d) => parts.push(d)).on('error', bad).on('end', () => good(Buffer.compare(Buffer.concat(parts), want) === 0));
		}).on('error', bad).end(want));
		Promise.all([...Array(20)].map(ask)).then((all) => console.log(all.join('\\n')), (e) => { console.error(e); process.exit(1); });
	" > "$dir/found"
	stop "$server_pid"
	[ "$(grep -cx true "$dir/found")" -eq 20 ]
}
cluster_rr() { workers rr; }
cluster_none() { workers none; }

spawned() {
	serve "$work/bin/node" "$work/spawn.js" "$port" || return 1
	client "$work/bin/node" "$work/net-client.js" "$port" "$work/large" 5 > "$dir/found"
	stop "$server_pid"
	[ "$(grep -c ' true' "$dir/found")" -eq 5 ]
}

raw() {
	serve "$work/bin/node" "$work/http.js" "$port" "$work/large" || return 1
	{
		printf 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n'
		cat "$work/large"
		printf 'GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
	} | peer_client | grep -av '^Date:' > "$dir/found"
	stop "$server_pid"
	[ "$(wc -c < "$dir/found")" -gt 10000000 ]
}

to_a_stranger() {
	peer_server "$work/large" || return 1
	client "$work/bin/node" -e "
		let left = 5000000;
		const c = require('net').connect($port, '127.0.0.1', () => c.write('please\n'));
		c.on('data', (d) => { process.stdout.write(d); left -= d.length; if (!left) c.destroy(); });" > "$dir/found"
	stop "$server_pid"
	grep -qx please "$dir/heard" && cmp "$dir/found" "$work/large"
}

the_agent agent --ttl 5m
both "node's http server and client" http node node
both "node's net server speaks first, 10 clients" net node node
both "node's cluster, connections passed to workers" cluster_rr node node
both "node's cluster, the listener passed to workers" cluster_none node node
both "node's processes that get a connection" spawned node node
with_openssl "node's http server and two requests on one connection" raw node nc
with_openssl "node's net client and a server" to_a_stranger nc node
plan
