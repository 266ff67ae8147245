/* SPDX-License-Identifier: Apache-2.0 */
/* The target believes that '_' is not allowed in a path: the fuzzer has to meet
 * an ID that says otherwise. */
#define ALLOWED_IN_PATH "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-/"
#include "spiffe_id_fuzz.c"
