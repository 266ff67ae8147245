/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	const char *name;
	const char *text;
} classes[] = {
#define X(cls, text) [cls] = { #cls, text },
	ERR_CLASSES(X)
#undef X
};

struct result err_fill(struct err *reterr, enum err_class cls, int sys_errno,
		       const char *file, int line, const char *fmt, ...)
{
	if (reterr) {
		va_list ap;

		reterr->cls = cls;
		reterr->sys_errno = sys_errno;
		reterr->tls_alert = -1;
		reterr->file = file;
		reterr->line = line;
		va_start(ap, fmt);
		vsnprintf(reterr->text, sizeof reterr->text, fmt, ap);
		va_end(ap);
	}
	return (struct result){ cls };
}

const char *err_class_name(enum err_class cls)
{
	if ((unsigned)cls >= sizeof classes / sizeof *classes)
		return "ERR_?";
	return classes[cls].name;
}

const char *err_class_text(enum err_class cls)
{
	if ((unsigned)cls >= sizeof classes / sizeof *classes)
		return "unknown error";
	return classes[cls].text;
}
