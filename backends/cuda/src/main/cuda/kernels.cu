/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// All kernels: one module.
#include "repack.cu"
#include "norm.cu"
#include "matvec.cu"
#include "matmul.cu"
#include "conv.cu"
#include "attention.cu"
#include "experts.cu"
#include "best.cu"
