/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// The kernels that read no weights of a certain type: one module.
#include "norm.cu"
#include "conv.cu"
#include "attention.cu"
#include "flash.cu"
#include "experts.cu"
#include "best.cu"
