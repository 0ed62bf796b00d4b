/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
// What the backend calls of the CUDA driver. No header and no library of CUDA is needed to build this: libcuda.so.1 (or the emulated
// one) is opened at run time. Symbols are named with their versions, so that drivers from CUDA 11.8 on have them all
// (cuda.h of 13.0 would ask for cuEventElapsedTime_v2, which older drivers lack).
#pragma once
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef unsigned long long CuAddress;
typedef void *CuHandle;
#define CALLS(X) \
  X(init, cuInit, (unsigned)) X(driverVersion, cuDriverGetVersion, (int *)) X(deviceCount, cuDeviceGetCount, (int *)) X(device, cuDeviceGet, (int *, int)) \
  X(deviceName, cuDeviceGetName, (char *, int, int)) X(attribute, cuDeviceGetAttribute, (int *, int, int)) X(totalMemory, cuDeviceTotalMem_v2, (size_t *, int)) \
  X(retain, cuDevicePrimaryCtxRetain, (CuHandle *, int)) X(release, cuDevicePrimaryCtxRelease_v2, (int)) X(current, cuCtxSetCurrent, (CuHandle)) \
  X(errorName, cuGetErrorName, (int, const char **)) X(alloc, cuMemAlloc_v2, (CuAddress *, size_t)) X(free, cuMemFree_v2, (CuAddress)) \
  X(hostAlloc, cuMemHostAlloc, (void **, size_t, unsigned)) X(hostFree, cuMemFreeHost, (void *)) X(toDevice, cuMemcpyHtoDAsync_v2, (CuAddress, const void *, size_t, CuHandle)) \
  X(toHost, cuMemcpyDtoHAsync_v2, (void *, CuAddress, size_t, CuHandle)) X(copy, cuMemcpyDtoDAsync_v2, (CuAddress, CuAddress, size_t, CuHandle)) X(unused, cuMemGetInfo_v2, (size_t *, size_t *)) \
  X(fill, cuMemsetD8Async, (CuAddress, unsigned char, size_t, CuHandle)) \
  X(stream, cuStreamCreate, (CuHandle *, unsigned)) X(wait, cuStreamSynchronize, (CuHandle)) X(streamDestroy, cuStreamDestroy_v2, (CuHandle)) \
  X(event, cuEventCreate, (CuHandle *, unsigned)) X(mark, cuEventRecord, (CuHandle, CuHandle)) X(reach, cuEventSynchronize, (CuHandle)) X(eventDestroy, cuEventDestroy_v2, (CuHandle)) \
  X(capture, cuStreamBeginCapture_v2, (CuHandle, int)) X(captured, cuStreamEndCapture, (CuHandle, CuHandle *)) \
  X(instantiate, cuGraphInstantiateWithFlags, (CuHandle *, CuHandle, unsigned long long)) X(replay, cuGraphLaunch, (CuHandle, CuHandle)) \
  X(execDestroy, cuGraphExecDestroy, (CuHandle)) X(graphDestroy, cuGraphDestroy, (CuHandle)) X(module, cuModuleLoadDataEx, (CuHandle *, const void *, unsigned, int *, void **)) \
  X(unload, cuModuleUnload, (CuHandle)) X(function, cuModuleGetFunction, (CuHandle *, CuHandle, const char *)) X(setAttribute, cuFuncSetAttribute, (CuHandle, int, int)) \
  X(launch, cuLaunchKernel, (CuHandle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CuHandle, void **, void **))

/** As cuda.h lays out CUlaunchConfig and its attributes. */
typedef struct { int id, pad; union { int yes; char all[64]; } value; } CuLaunchAttribute;
typedef struct { unsigned gx, gy, gz, bx, by, bz, shared; CuHandle stream; CuLaunchAttribute *attributes; unsigned count; } CuLaunchConfig;
// What older drivers lack, since CUDA 11.8.
#define OPTIONAL_CALLS(X) X(launchWith, cuLaunchKernelEx, (const CuLaunchConfig *, CuHandle, void **, void **))

struct Calls {
#define X(f, symbol, parameters) int (*f) parameters;
  CALLS(X)
  OPTIONAL_CALLS(X)
#undef X
};
static inline Calls *calls() { static Calls c; return &c; }

/** 0, or why not as text in message. */
static inline int mr_open(const char *library, char *message, long capacity) {
  void *h = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!h) { snprintf(message, capacity, "%s", dlerror()); return -1; }
  Calls *c = calls();
#define X(f, symbol, parameters) if (!(c->f = (int (*) parameters) dlsym(h, #symbol))) { snprintf(message, capacity, "%s has no %s", library, #symbol); return -2; }
  CALLS(X)
#undef X
#define X(f, symbol, parameters) c->f = (int (*) parameters) dlsym(h, #symbol);
  OPTIONAL_CALLS(X)
#undef X
  int r = c->init(0);
  if (r) { const char *text = "?"; c->errorName(r, &text); snprintf(message, capacity, "cuInit: %s (%d)", text, r); }
  return r;
}
// Below: a result of the driver (0: fine), or a value where it was fine and minus the result where not.
static inline int mr_device_count() { int n = 0, r = calls()->deviceCount(&n); return r ? -r : n; }
static inline int mr_driver_version() { int n = 0, r = calls()->driverVersion(&n); return r ? -r : n; }
static inline int mr_device_name(int device, char *name, int capacity) { return calls()->deviceName(name, capacity, device); }
static inline int mr_attribute(int attribute, int device) { int v = 0, r = calls()->attribute(&v, attribute, device); return r ? -r : v; }
static inline long long mr_total_memory(int device) { size_t n = 0; int r = calls()->totalMemory(&n, device); return r ? -r : (long long) n; }
static inline long long mr_free_memory() { size_t n = 0, all = 0; int r = calls()->unused(&n, &all); return r ? -r : (long long) n; }
static inline int mr_error_name(int code, char *name, long capacity) { const char *text = "?"; int r = calls()->errorName(code, &text); snprintf(name, capacity, "%s", r ? "?" : text); return r; }
static inline long long mr_retain(int device) { CuHandle c = 0; int r = calls()->retain(&c, device); return r ? -r : (long long) c; }
static inline int mr_release(int device) { return calls()->release(device); }
static inline int mr_current(long long context) { return calls()->current((CuHandle) context); }
static inline long long mr_alloc(long long bytes) { CuAddress p = 0; int r = calls()->alloc(&p, bytes); return r ? -r : (long long) p; }
static inline int mr_free(long long p) { return calls()->free(p); }
static inline long long mr_host_alloc(long long bytes) { void *p = 0; int r = calls()->hostAlloc(&p, bytes, 0); return r ? -r : (long long) p; }
static inline int mr_host_free(long long p) { return calls()->hostFree((void *) p); }
static inline int mr_to_device(long long device, long long host, long long bytes, long long stream) { return calls()->toDevice(device, (void *) host, bytes, (CuHandle) stream); }
static inline int mr_to_host(long long host, long long device, long long bytes, long long stream) { return calls()->toHost((void *) host, device, bytes, (CuHandle) stream); }
static inline int mr_copy(long long to, long long from, long long bytes, long long stream) { return calls()->copy(to, from, bytes, (CuHandle) stream); }
static inline int mr_fill(long long device, int value, long long bytes, long long stream) { return calls()->fill(device, (unsigned char) value, bytes, (CuHandle) stream); }
static inline long long mr_stream() { CuHandle s = 0; int r = calls()->stream(&s, 1); return r ? -r : (long long) s; }
static inline int mr_stream_destroy(long long stream) { return calls()->streamDestroy((CuHandle) stream); }
static inline int mr_wait(long long stream) { return calls()->wait((CuHandle) stream); }
static inline long long mr_event() { CuHandle e = 0; int r = calls()->event(&e, 2); return r ? -r : (long long) e; }   // CU_EVENT_DISABLE_TIMING
static inline int mr_event_destroy(long long event) { return calls()->eventDestroy((CuHandle) event); }
static inline int mr_mark(long long event, long long stream) { return calls()->mark((CuHandle) event, (CuHandle) stream); }
static inline int mr_reach(long long event) { return calls()->reach((CuHandle) event); }
static inline long long mr_module(long long image) { CuHandle m = 0; int r = calls()->module(&m, (void *) image, 0, nullptr, nullptr); return r ? -r : (long long) m; }
static inline int mr_unload(long long module) { return calls()->unload((CuHandle) module); }
static inline long long mr_function(long long module, const char *name) { CuHandle f = 0; int r = calls()->function(&f, (CuHandle) module, name); return r ? -r : (long long) f; }
static inline int mr_capture(long long stream) { return calls()->capture((CuHandle) stream, 1); }
static inline long long mr_captured(long long stream) {
  CuHandle g = 0, e = 0;
  int r = calls()->captured((CuHandle) stream, &g);
  if (!r) { r = calls()->instantiate(&e, g, 0); calls()->graphDestroy(g); }
  return r ? -r : (long long) e;
}
static inline int mr_replay(long long exec, long long stream) { return calls()->replay((CuHandle) exec, (CuHandle) stream); }
static inline int mr_graph_destroy(long long exec) { return calls()->execDestroy((CuHandle) exec); }
/** Whether mr_launch can begin a kernel early. */
static inline int mr_can_launch_early() { return calls()->launchWith ? 1 : 0; }
/**
 * Arguments packed as the kernel lays them out: one JNI call, nothing allocated. A kernel that is launched early may begin before the one in
 * front of it has ended: it waits itself for what that one leaves.
 */
static inline int mr_launch(long long function, int gx, int gy, int gz, int threads, int early, long long stream, long long arguments, long long bytes) {
  size_t n = bytes;
  void *extra[] = {(void *) 1, (void *) arguments, (void *) 2, &n, (void *) 0};   // CU_LAUNCH_PARAM_BUFFER_POINTER, _SIZE, _END
  if (!early) { return calls()->launch((CuHandle) function, gx, gy, gz, threads, 1, 1, 0, (CuHandle) stream, nullptr, extra); }
  CuLaunchAttribute dependent;
  memset(&dependent, 0, sizeof dependent);
  dependent.id = 6;   // CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION
  dependent.value.yes = 1;
  CuLaunchConfig config = {(unsigned) gx, (unsigned) gy, (unsigned) gz, (unsigned) threads, 1, 1, 0, (CuHandle) stream, &dependent, 1};
  return calls()->launchWith(&config, (CuHandle) function, nullptr, extra);
}
/** From which text of this file and the class beside it this library was built. */
static inline int mr_sources(char *digest, long capacity) { return snprintf(digest, capacity, "%s", MR_SOURCES); }
