/* SPDX-License-Identifier: Apache-2.0 */
/* host PORT PLUGIN deep|plain|space: loads the plugin that way and lets it talk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	int (*talk)(int, const char *, int);
	void *lib;

	if (argc != 4)
		return 2;
	if (strcmp(argv[3], "space") == 0)
		lib = dlmopen(LM_ID_NEWLM, argv[2], RTLD_NOW);
	else
		lib = dlopen(argv[2], RTLD_NOW | (strcmp(argv[3], "deep") == 0 ? RTLD_DEEPBIND : 0));
	if (!lib) {
		printf("%s\n", dlerror());
		return 3;
	}
	talk = (int (*)(int, const char *, int))dlsym(lib, "plugin_talk");
	printf("%d bytes came back\n", talk ? talk(atoi(argv[1]), "plaintext-marker", 16) : -2);
	return 0;
}
