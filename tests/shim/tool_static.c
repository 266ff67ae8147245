/* SPDX-License-Identifier: Apache-2.0 */
/* run: tool */
/* Statically linked, so that nothing can be preloaded: says whether one of the
 * descriptors that it is named is a socket. */
#include <stdlib.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	struct stat st;

	for (int i = 1; i < argc; i++)
		if (fstat(atoi(argv[i]), &st) == 0 && S_ISSOCK(st.st_mode))
			return 7;
	return 0;
}
