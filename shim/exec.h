/* SPDX-License-Identifier: Apache-2.0 */
/* Another image for this process, or for a vfork child of it. */
#ifndef SVIDWRAP_SHIM_EXEC_H
#define SVIDWRAP_SHIM_EXEC_H

/* As execveat(2) names it. */
struct image {
	int dir;
	const char *path;
	int flags;
};

/* execveat, with the shim and its settings in the next image's environment. Comes
 * back only when it fails: -1, errno set. ctx: signal, also in a vfork child. */
int exec_image(const struct image *im, char *const argv[], char *const envp[]);

#endif
