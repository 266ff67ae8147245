/* SPDX-License-Identifier: Apache-2.0 */
#include "program/seccomp_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

/* The machine of Documentation/networking/filter.rst, as far as seccomp has it. */
struct machine {
	uint32_t a, x, mem[BPF_MEMWORDS];
	struct seccomp_data data;
};

static bool load(struct machine *m, uint32_t off, uint32_t *ret)
{
	if (off % sizeof *ret || off > sizeof m->data - sizeof *ret)
		return false;
	memcpy(ret, (const char *)&m->data + off, sizeof *ret);
	return true;
}

static bool calculate(struct machine *m, uint16_t op, uint32_t by)
{
	switch (op) {
	case BPF_ADD: m->a += by; return true;
	case BPF_SUB: m->a -= by; return true;
	case BPF_MUL: m->a *= by; return true;
	case BPF_DIV: m->a = by ? m->a / by : 0; return by != 0;
	case BPF_AND: m->a &= by; return true;
	case BPF_OR: m->a |= by; return true;
	case BPF_XOR: m->a ^= by; return true;
	case BPF_LSH: m->a = by < 32 ? m->a << by : 0; return true;
	case BPF_RSH: m->a = by < 32 ? m->a >> by : 0; return true;
	case BPF_NEG: m->a = -m->a; return true;
	default: return false;
	}
}

static bool holds(uint16_t op, uint32_t a, uint32_t with)
{
	return op == BPF_JEQ ? a == with : op == BPF_JGT ? a > with :
	       op == BPF_JGE ? a >= with : (a & with) != 0;
}

/* What is no jump and no return. False: the kernel has no such instruction. */
static bool execute(struct machine *m, const struct sock_filter *f)
{
	bool in_mem = f->k < BPF_MEMWORDS;

	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS: return load(m, f->k, &m->a);
	case BPF_LD | BPF_W | BPF_LEN: m->a = sizeof m->data; return true;
	case BPF_LDX | BPF_W | BPF_LEN: m->x = sizeof m->data; return true;
	case BPF_LD | BPF_IMM: m->a = f->k; return true;
	case BPF_LDX | BPF_IMM: m->x = f->k; return true;
	case BPF_LD | BPF_MEM: m->a = in_mem ? m->mem[f->k] : 0; return in_mem;
	case BPF_LDX | BPF_MEM: m->x = in_mem ? m->mem[f->k] : 0; return in_mem;
	case BPF_ST:
		if (in_mem)
			m->mem[f->k] = m->a;
		return in_mem;
	case BPF_STX:
		if (in_mem)
			m->mem[f->k] = m->x;
		return in_mem;
	case BPF_MISC | BPF_TAX: m->x = m->a; return true;
	case BPF_MISC | BPF_TXA: m->a = m->x; return true;
	}
	return BPF_CLASS(f->code) == BPF_ALU &&
	       calculate(m, BPF_OP(f->code), BPF_SRC(f->code) == BPF_X ? m->x : f->k);
}

static uint32_t distance(const struct machine *m, const struct sock_filter *f)
{
	uint32_t with = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

	return BPF_OP(f->code) == BPF_JA ? f->k : holds(BPF_OP(f->code), m->a, with) ? f->jt : f->jf;
}

static bool passes(uint32_t verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		return true;
	default:
		return false;
	}
}

bool seccomp_filter_allows(const struct sock_filter *filter, unsigned n, uint32_t number)
{
	struct machine m = { .data = { .nr = (int)number, .arch = AUDIT_ARCH_X86_64 } };

	/* Jumps go forward: this ends. */
	for (unsigned pc = 0; pc < n; pc++) {
		const struct sock_filter *f = &filter[pc];

		switch (BPF_CLASS(f->code)) {
		case BPF_RET:
			return passes(BPF_RVAL(f->code) == BPF_A ? m.a : f->k);
		case BPF_JMP:
			if (distance(&m, f) >= n - pc)
				return false;
			pc += distance(&m, f);
			break;
		default:
			if (!execute(&m, f))
				return false;
		}
	}
	return false;
}
