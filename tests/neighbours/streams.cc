/* SPDX-License-Identifier: Apache-2.0 */
/* streams PORT: the answer to GET /large, through C++'s streams on the socket. */
#include <arpa/inet.h>
#include <cstdlib>
#include <ext/stdio_filebuf.h>
#include <iostream>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	sockaddr_in sa = {};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sa.sin_family = AF_INET;
	sa.sin_port = htons(argc == 2 ? static_cast<in_port_t>(atoi(argv[1])) : 0);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, reinterpret_cast<sockaddr *>(&sa), sizeof sa) < 0)
		return 2;
	__gnu_cxx::stdio_filebuf<char> out_buffer(dup(fd), std::ios::out), in_buffer(fd, std::ios::in);
	std::ostream out(&out_buffer);
	std::istream in(&in_buffer);
	std::string line;
	out << "GET /large HTTP/1.0\r\n" << "Host: here\r\n\r\n" << std::flush;
	while (std::getline(in, line) && line != "\r")
		;
	std::cout << in.rdbuf() << std::flush;
	return in && std::cout ? 0 : 1;
}
