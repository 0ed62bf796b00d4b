/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// A libcuda.so.1 without a GPU: the same entry points, memory on the heap, kernels run by gpu_cpu.h. Java opens it instead of the
// driver, so the whole backend (executor, caches, graphs, export of states) is tested in CI.  g++ -O2 -std=c++17 -shared -fPIC
#include "../../main/cuda/kernels.cu"
#include <map>
#include <string>
#include <tuple>
#include <utility>

typedef int CUresult, CUdevice; typedef unsigned long long CUdeviceptr; typedef void *CUcontext, *CUmodule, *CUfunction, *CUstream, *CUgraph, *CUgraphExec;
enum { CUDA_SUCCESS = 0, CUDA_ERROR_OUT_OF_MEMORY = 2, CUDA_ERROR_INVALID_DEVICE = 101, CUDA_ERROR_NOT_FOUND = 500 };

template <class T> static size_t place(size_t &at) { at = (at + alignof(T) - 1) / alignof(T) * alignof(T); size_t r = at; at += sizeof(T); return r; }
template <class... A> static void unpack(void (*f)(A...), const char *packed, dim3 g, dim3 b, unsigned shared) {
  size_t at = 0;
  std::tuple<A...> args{[&] { A v; memcpy((void *) &v, packed + place<A>(at), sizeof v); return v; }()...};   // braces: left to right
  gpu::launch(g, b, shared, [&] { std::apply(f, args); });
}
struct Kernel { std::function<void(const char *, dim3, dim3, unsigned)> run; };
#define K(f) {#f, {[](const char *p, dim3 g, dim3 b, unsigned s) { unpack(f, p, g, b, s); }}}
static std::map<std::string, Kernel> kernels = {
    K(repack_Q4_0), K(repack_Q8_0), K(repack_Q4_K), K(repack_Q5_K), K(repack_Q6_K), K(add_norm), K(glu), K(short_conv), K(route),
    K(group), K(combine), K(quantise), K(bound), K(penalise), K(best_of_chunks), K(best_of_rows), K(place_KV_F32),
    K(place_KV_F16), K(place_KV_Q8), K(embed_Q4_0), K(matmul_Q4_0), K(matvec_floats_Q4_0_1), K(matvec_floats_Q4_0_8),
    K(matvec_codes_Q4_0_1), K(matvec_codes_Q4_0_2), K(matvec_codes_Q4_0_4), K(matvec_codes_Q4_0_8), K(embed_Q8_0), K(matmul_Q8_0),
    K(matvec_floats_Q8_0_1), K(matvec_floats_Q8_0_8), K(matvec_codes_Q8_0_1), K(matvec_codes_Q8_0_2), K(matvec_codes_Q8_0_4),
    K(matvec_codes_Q8_0_8), K(embed_Q4_K), K(matmul_Q4_K), K(matvec_floats_Q4_K_1), K(matvec_floats_Q4_K_8),
    K(matvec_codes_Q4_K_1), K(matvec_codes_Q4_K_2), K(matvec_codes_Q4_K_4), K(matvec_codes_Q4_K_8), K(embed_Q5_K), K(matmul_Q5_K),
    K(matvec_floats_Q5_K_1), K(matvec_floats_Q5_K_8), K(matvec_codes_Q5_K_1), K(matvec_codes_Q5_K_2), K(matvec_codes_Q5_K_4),
    K(matvec_codes_Q5_K_8), K(embed_Q6_K), K(matmul_Q6_K), K(matvec_floats_Q6_K_1), K(matvec_floats_Q6_K_8),
    K(matvec_codes_Q6_K_1), K(matvec_codes_Q6_K_2), K(matvec_codes_Q6_K_4), K(matvec_codes_Q6_K_8), K(embed_BF16), K(matmul_BF16),
    K(matvec_floats_BF16_1), K(matvec_floats_BF16_2), K(matvec_floats_BF16_4), K(matvec_floats_BF16_8), K(embed_F16),
    K(matmul_F16), K(matvec_floats_F16_1), K(matvec_floats_F16_8), K(embed_F32), K(matmul_F32), K(matvec_floats_F32_1),
    K(matvec_floats_F32_8), K(attend_KV_F32_16_1), K(attend_KV_F32_32_1), K(attend_KV_F32_64_1), K(attend_KV_F32_64_8),
    K(attend_KV_F32_128_1), K(attend_KV_F32_128_4), K(attend_KV_F16_16_1), K(attend_KV_F16_32_1), K(attend_KV_F16_64_1),
    K(attend_KV_F16_64_8), K(attend_KV_F16_128_1), K(attend_KV_F16_128_4), K(attend_KV_Q8_16_1), K(attend_KV_Q8_32_1),
    K(attend_KV_Q8_64_1), K(attend_KV_Q8_64_8), K(attend_KV_Q8_128_1), K(attend_KV_Q8_128_4)};
typedef std::vector<std::function<void()>> Graph;
struct Stream { Graph *capturing = nullptr; };
static std::map<CUdeviceptr, size_t> allocated;
static size_t in_use = 0, device_memory = 0;
static size_t memory() { if (!device_memory) { const char *m = getenv("MILLRACE_EMULATED_MEMORY"); device_memory = m ? strtoull(m, nullptr, 10) : (size_t) 1 << 32; } return device_memory; }
static Stream zero;
static CUresult submit(CUstream s, std::function<void()> work) { Stream *t = s ? (Stream *) s : &zero; if (t->capturing) { t->capturing->push_back(work); } else { work(); } return CUDA_SUCCESS; }
extern "C" {
CUresult cuInit(unsigned) { return CUDA_SUCCESS; }
CUresult cuDriverGetVersion(int *v) { *v = 13000; return CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int *n) { *n = 1; return CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice *d, int i) { *d = i; return i ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS; }
CUresult cuDeviceGetName(char *n, int len, CUdevice) { snprintf(n, len, "Emulated"); return CUDA_SUCCESS; }
CUresult cuDeviceGetAttribute(int *v, int a, CUdevice) {
  *v = a == 75 ? 8 : a == 76 ? 0 : a == 16 ? 2 : a == 10 ? 32 : 0; return CUDA_SUCCESS; }
CUresult cuDeviceTotalMem_v2(size_t *b, CUdevice) { *b = memory(); return CUDA_SUCCESS; }
CUresult cuDevicePrimaryCtxRetain(CUcontext *c, CUdevice) { *c = (CUcontext) 1; return CUDA_SUCCESS; }
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice) { return CUDA_SUCCESS; }
CUresult cuCtxSetCurrent(CUcontext) { return CUDA_SUCCESS; }
CUresult cuGetErrorName(CUresult, const char **s) { *s = "CUDA_ERROR_EMULATED"; return CUDA_SUCCESS; }
CUresult cuMemAlloc_v2(CUdeviceptr *p, size_t n) {
  if (in_use + n > memory()) { return CUDA_ERROR_OUT_OF_MEMORY; }
  void *m = aligned_alloc(256, (n + 255) / 256 * 256);
  if (!m) { return CUDA_ERROR_OUT_OF_MEMORY; }
  memset(m, 0xcd, n);   // nobody may count on zeros
  *p = (CUdeviceptr) m; allocated[*p] = n; in_use += n;
  return CUDA_SUCCESS;
}
CUresult cuMemFree_v2(CUdeviceptr p) {
  auto a = allocated.find(p);
  if (a == allocated.end()) { return 1; }
  in_use -= a->second; allocated.erase(a); free((void *) p);
  return CUDA_SUCCESS;
}
CUresult cuMemGetInfo_v2(size_t *unused, size_t *total) { *total = memory(); *unused = memory() - in_use; return CUDA_SUCCESS; }
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr d, CUdeviceptr h, size_t n, CUstream s) { return submit(s, [=] { memcpy((void *) d, (void *) h, n); }); }
CUresult cuMemHostAlloc(void **p, size_t n, unsigned) { *p = aligned_alloc(256, (n + 255) / 256 * 256); return CUDA_SUCCESS; }
CUresult cuMemFreeHost(void *p) { free(p); return CUDA_SUCCESS; }
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr d, const void *h, size_t n, CUstream s) { return submit(s, [=] { memcpy((void *) d, h, n); }); }
CUresult cuMemcpyDtoHAsync_v2(void *h, CUdeviceptr d, size_t n, CUstream s) { return submit(s, [=] { memcpy(h, (void *) d, n); }); }
CUresult cuMemsetD8Async(CUdeviceptr d, unsigned char v, size_t n, CUstream s) { return submit(s, [=] { memset((void *) d, v, n); }); }
CUresult cuStreamCreate(CUstream *s, unsigned) { *s = (CUstream) new Stream; return CUDA_SUCCESS; }
CUresult cuStreamDestroy_v2(CUstream s) { delete (Stream *) s; return CUDA_SUCCESS; }
CUresult cuStreamSynchronize(CUstream) { return CUDA_SUCCESS; }
CUresult cuStreamBeginCapture_v2(CUstream s, int) { ((Stream *) s)->capturing = new Graph; return CUDA_SUCCESS; }
CUresult cuStreamEndCapture(CUstream s, CUgraph *g) { *g = (CUgraph) ((Stream *) s)->capturing; ((Stream *) s)->capturing = nullptr; return CUDA_SUCCESS; }
CUresult cuGraphInstantiateWithFlags(CUgraphExec *e, CUgraph g, unsigned long long) { *e = (CUgraphExec) new Graph(*(Graph *) g); return CUDA_SUCCESS; }
CUresult cuGraphDestroy(CUgraph g) { delete (Graph *) g; return CUDA_SUCCESS; }
CUresult cuGraphExecDestroy(CUgraphExec e) { delete (Graph *) e; return CUDA_SUCCESS; }
CUresult cuGraphLaunch(CUgraphExec e, CUstream) { for (auto &w : *(Graph *) e) { w(); } return CUDA_SUCCESS; }
CUresult cuModuleLoadDataEx(CUmodule *m, const void *, unsigned, int *, void **) { *m = (CUmodule) 1; return CUDA_SUCCESS; }
CUresult cuModuleUnload(CUmodule) { return CUDA_SUCCESS; }
CUresult cuModuleGetFunction(CUfunction *f, CUmodule, const char *name) { auto k = kernels.find(name); if (k == kernels.end()) { return CUDA_ERROR_NOT_FOUND; } *f = (CUfunction) &k->second; return CUDA_SUCCESS; }
CUresult cuFuncSetAttribute(CUfunction, int, int) { return CUDA_SUCCESS; }
CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, CUstream s, void **, void **extra) {
  std::string packed((const char *) extra[1], *(size_t *) extra[3]);
  return submit(s, [=] { ((Kernel *) f)->run(packed.data(), dim3(gx, gy, gz), dim3(bx, by, bz), shared); });
}
}
