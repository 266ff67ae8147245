/* SPDX-License-Identifier: Apache-2.0 */
/* PEM files. */
#ifndef SVIDWRAP_LABAGENT_PEM_H
#define SVIDWRAP_LABAGENT_PEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "spiffe/svid_snapshot.h"

/* One block "-----BEGIN label-----", or an empty file if der is empty. The file
 * appears whole: it is written under another name and renamed. */
struct result pem_write(const char *path, mode_t mode, const char *label,
			struct bytes der, struct err *reterr);

/* All certificates of a file, one after the other in DER. *ret_der: free() it.
 * errors: ERR_IO; ERR_PARSE also if there is none. */
struct result pem_read_bundle(const char *path, uint8_t **ret_der,
			      size_t *ret_len, struct err *reterr);

/* Makes dir unless it is there. */
struct result dir_make(const char *dir, struct err *reterr);

/* "dir/name" in memory to free(); NULL without memory. */
char *path_join(const char *dir, const char *name);

#endif
