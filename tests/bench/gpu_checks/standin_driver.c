/* A stand-in for NVIDIA's driver, libcuda.so.1: answers every call that this suite makes, and runs no kernel.
 *
 * What the host does can be tested with it where no GPU is: launches, streams, events, graphs, the memory pool. It
 * refuses what a driver refuses. "Machine code" is a text: MAGIC, then a letter for each argument of the kernel, 'p'
 * for an address and 'n' for a number, so that a launch with the address of memory that is not there (any more) is
 * found, also one that a graph kept. Memory is the host's, zero at first. Time goes by at timed events only.
 *
 * STANDIN_LOG names a file that gets a line for each launch, copy, load, capture and wait of the host.
 * Not for several threads. Functions have the prototypes of cuda.h, which the compiler compares.
 */
#include <cuda.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if CUDA_VERSION < 13000
#error "functions have the prototypes of CUDA 13"
#endif

#define MAGIC "\x7f" "ELF stand-in "
#define DRIVER_VERSION 13000
#define EVENT_MS 1.5f                 /* between a timed event and the next one */
#define MOST_ARGUMENTS 32
#define LARGE (16u << 20)             /* bytes: such memory is not written, or the host would have to have it */
#define ROUNDING 512u                 /* of the pool's allocations */

static const int MULTIPROCESSORS = 132, MOST_THREADS = 1024, MOST_CLUSTER = 8;
static const int STATIC_SHARED = 48 * 1024, MOST_SHARED = 227 * 1024;
static const unsigned MOST_GRID_Y = 65535;
static const unsigned GPCS[] = {18, 18, 18, 16, 16, 16, 16, 14};

/* ---- what there is ---- */

struct kernel { char entry[256]; char arguments[MOST_ARGUMENTS + 1]; int dynamic_shared; };
struct graph { int launches; size_t addresses, room; CUdeviceptr *address; };
struct stream { int number; struct graph *captured; };
struct event { int number; bool timed; };                 /* number 0: not recorded yet */
struct block { CUdeviceptr address; size_t size; bool used; struct block *next; };

static struct driver {
    CUcontext context;
    struct block *blocks;
    uint64_t used, highest, threshold;
    struct graph *capturing;                               /* by whichever stream; one at a time */
    int streams, events;
} driver;

static int the_context, the_pool, the_user_object;         /* their addresses are handles */

static void note(const char *format, ...)
{
    const char *path = getenv("STANDIN_LOG");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (file == NULL)
        return;
    va_list given;
    va_start(given, format);
    vfprintf(file, format, given);
    va_end(given);
    fputc('\n', file);
    fclose(file);
}

/* The default stream's handles are small numbers, and it is nobody's struct. */
static struct stream *stream_of(CUstream handle)
{
    return (uintptr_t)handle <= 2 ? NULL : (struct stream *)handle;
}

static int number_of(CUstream handle) { return stream_of(handle) ? stream_of(handle)->number : 0; }

static struct graph *captured_by(CUstream handle) { return stream_of(handle) ? stream_of(handle)->captured : NULL; }

static bool is_memory(CUdeviceptr address, size_t size)
{
    for (const struct block *each = driver.blocks; each; each = each->next)
        if (each->used && address >= each->address && address + size <= each->address + each->size)
            return true;
    return false;
}

/* ---- initialisation, errors ---- */

CUresult cuInit(unsigned flags) { return CUDA_SUCCESS; }
CUresult cuDriverGetVersion(int *version) { *version = DRIVER_VERSION; return CUDA_SUCCESS; }

static const struct { CUresult error; const char *name, *words; } ERRORS[] = {
    {CUDA_SUCCESS, "CUDA_SUCCESS", "no error"},
    {CUDA_ERROR_INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {CUDA_ERROR_OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {CUDA_ERROR_INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {CUDA_ERROR_INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {CUDA_ERROR_INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {CUDA_ERROR_ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE, "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE",
     "too many blocks in cooperative launch"},
    {CUDA_ERROR_NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
    {CUDA_ERROR_INVALID_CLUSTER_SIZE, "CUDA_ERROR_INVALID_CLUSTER_SIZE", "cluster misconfiguration"},
};

static CUresult describe(CUresult error, const char **name, const char **words)
{
    for (size_t n = 0; n < sizeof ERRORS / sizeof *ERRORS; n++)
        if (ERRORS[n].error == error) {
            *name = ERRORS[n].name;
            *words = ERRORS[n].words;
            return CUDA_SUCCESS;
        }
    return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorName(CUresult error, const char **name)
{
    const char *words;
    return describe(error, name, &words);
}

CUresult cuGetErrorString(CUresult error, const char **words)
{
    const char *name;
    return describe(error, &name, words);
}

/* ---- the device and its context ---- */

CUresult cuDeviceGetCount(int *count) { *count = 1; return CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice *device, int ordinal) { *device = ordinal; return CUDA_SUCCESS; }

CUresult cuDeviceGetName(char *name, int length, CUdevice device)
{
    snprintf(name, (size_t)length, "NVIDIA Stand-in H100");
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device)
{
    switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = 9; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = 0; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *value = MULTIPROCESSORS; break;
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = MOST_THREADS; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK: *value = STATIC_SHARED; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN: *value = MOST_SHARED; break;
    case CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH:
    case CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH:
    case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
    case CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED: *value = 1; break;
    default: *value = 0;
    }
    return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device)
{
    *context = (CUcontext)&the_context;
    return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease(CUdevice device) { return CUDA_SUCCESS; }
CUresult cuCtxGetCurrent(CUcontext *context) { *context = driver.context; return CUDA_SUCCESS; }
CUresult cuCtxSetCurrent(CUcontext context) { driver.context = context; return CUDA_SUCCESS; }
CUresult cuCtxPushCurrent(CUcontext context) { driver.context = context; return CUDA_SUCCESS; }
CUresult cuCtxPopCurrent(CUcontext *context) { *context = driver.context; return CUDA_SUCCESS; }

CUresult cuCtxGetDevice(CUdevice *device)
{
    *device = 0;
    return driver.context ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

CUresult cuCtxGetStreamPriorityRange(int *least, int *greatest)
{
    *least = 0;
    *greatest = -5;
    return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize(void)
{
    note("sync context");
    return driver.context ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

/* ---- streams and events ---- */

CUresult cuStreamCreateWithPriority(CUstream *handle, unsigned flags, int priority)
{
    struct stream *made = calloc(1, sizeof *made);
    made->number = ++driver.streams;
    *handle = (CUstream)made;
    return CUDA_SUCCESS;
}

CUresult cuStreamDestroy(CUstream handle) { free(stream_of(handle)); return CUDA_SUCCESS; }
CUresult cuStreamGetCtx(CUstream handle, CUcontext *context) { *context = driver.context; return CUDA_SUCCESS; }
CUresult cuStreamGetDevice(CUstream handle, CUdevice *device) { *device = 0; return CUDA_SUCCESS; }

CUresult cuStreamSynchronize(CUstream handle)
{
    note("sync stream=%d", number_of(handle));
    return captured_by(handle) ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_SUCCESS;
}

CUresult cuStreamWaitEvent(CUstream handle, CUevent event, unsigned flags) { return CUDA_SUCCESS; }

CUresult cuEventCreate(CUevent *handle, unsigned flags)
{
    struct event *made = calloc(1, sizeof *made);
    made->timed = !(flags & CU_EVENT_DISABLE_TIMING);
    *handle = (CUevent)made;
    return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent handle, CUstream stream)
{
    struct event *event = (struct event *)handle;
    if (event->timed)
        event->number = ++driver.events;
    return CUDA_SUCCESS;
}

CUresult cuEventSynchronize(CUevent handle) { note("sync event"); return CUDA_SUCCESS; }
CUresult cuEventDestroy(CUevent handle) { free(handle); return CUDA_SUCCESS; }

CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent stop)
{
    const struct event *first = (struct event *)start, *last = (struct event *)stop;
    if (!first->timed || !last->timed || !first->number || !last->number)
        return CUDA_ERROR_INVALID_HANDLE;
    *milliseconds = EVENT_MS * (float)(last->number - first->number);
    return CUDA_SUCCESS;
}

/* ---- memory: a freed block is handed out again to whoever asks for as much, as a pool does ---- */

static CUresult give_pool(CUmemoryPool *pool) { *pool = (CUmemoryPool)&the_pool; return CUDA_SUCCESS; }
CUresult cuDeviceGetMemPool(CUmemoryPool *pool, CUdevice device) { return give_pool(pool); }
CUresult cuDeviceGetDefaultMemPool(CUmemoryPool *pool, CUdevice device) { return give_pool(pool); }

CUresult cuMemGetMemPool(CUmemoryPool *pool, CUmemLocation *location, CUmemAllocationType type)
{
    return give_pool(pool);
}

CUresult cuMemGetDefaultMemPool(CUmemoryPool *pool, CUmemLocation *location, CUmemAllocationType type)
{
    return give_pool(pool);
}

CUresult cuMemPoolGetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute, void *value)
{
    switch (attribute) {
    case CU_MEMPOOL_ATTR_USED_MEM_CURRENT: *(uint64_t *)value = driver.used; return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_USED_MEM_HIGH: *(uint64_t *)value = driver.highest; return CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD: *(uint64_t *)value = driver.threshold; return CUDA_SUCCESS;
    default: return CUDA_ERROR_NOT_SUPPORTED;
    }
}

CUresult cuMemPoolSetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute, void *value)
{
    uint64_t given = *(uint64_t *)value;
    switch (attribute) {
    case CU_MEMPOOL_ATTR_USED_MEM_HIGH:                    /* zero only, and it begins anew from what is used */
        driver.highest = driver.used;
        return given ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
    case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD: driver.threshold = given; return CUDA_SUCCESS;
    default: return CUDA_ERROR_NOT_SUPPORTED;
    }
}

CUresult cuMemAllocFromPoolAsync(CUdeviceptr *address, size_t size, CUmemoryPool pool, CUstream stream)
{
    size_t rounded = (size + ROUNDING - 1) / ROUNDING * ROUNDING;
    struct block *found, **place = &driver.blocks;         /* the oldest first: the same calls get the same addresses */
    while (*place && ((*place)->used || (*place)->size != rounded))
        place = &(*place)->next;
    found = *place;
    if (found == NULL) {
        void *memory = calloc(1, rounded);
        if (memory == NULL)
            return CUDA_ERROR_OUT_OF_MEMORY;
        found = *place = calloc(1, sizeof *found);
        found->address = (CUdeviceptr)memory;
        found->size = rounded;
    } else if (rounded < LARGE) {
        memset((void *)found->address, 0, rounded);
    }
    found->used = true;
    driver.used += rounded;
    if (driver.used > driver.highest)
        driver.highest = driver.used;
    *address = found->address;
    return CUDA_SUCCESS;
}

CUresult cuMemFreeAsync(CUdeviceptr address, CUstream stream)
{
    for (struct block *each = driver.blocks; each; each = each->next)
        if (each->used && each->address == address) {
            each->used = false;
            driver.used -= each->size;
            return CUDA_SUCCESS;
        }
    return CUDA_ERROR_INVALID_VALUE;
}

static CUresult copy(const char *way, void *to, const void *from, CUdeviceptr address, size_t size, CUstream stream)
{
    note("copy %s bytes=%zu stream=%d", way, size, number_of(stream));
    if (!is_memory(address, size))
        return CUDA_ERROR_INVALID_VALUE;
    memmove(to, from, size);
    return CUDA_SUCCESS;
}

CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void *from, size_t size, CUstream stream)
{
    return copy("to device", (void *)to, from, to, size, stream);
}

CUresult cuMemcpyDtoHAsync(void *to, CUdeviceptr from, size_t size, CUstream stream)
{
    return copy("to host", to, (const void *)from, from, size, stream);
}

CUresult cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, size_t size, CUstream stream)
{
    return is_memory(to, size) ? copy("on device", (void *)to, (const void *)from, from, size, stream)
                               : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemsetD8Async(CUdeviceptr address, unsigned char value, size_t size, CUstream stream)
{
    if (!is_memory(address, size))
        return CUDA_ERROR_INVALID_VALUE;
    if (size < LARGE)
        memset((void *)address, value, size);
    return CUDA_SUCCESS;
}

CUresult cuPointerGetAttribute(void *value, CUpointer_attribute attribute, CUdeviceptr address)
{
    if (attribute != CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL)
        return CUDA_ERROR_NOT_SUPPORTED;
    *(int *)value = 0;
    return is_memory(address, 0) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

/* ---- kernels. What would wait for a load is refused while a stream is captured: strict, as in global mode ---- */

CUresult cuLibraryLoadData(CUlibrary *library, const void *code, CUjit_option *options, void **values, unsigned count,
                           CUlibraryOption *library_options, void **library_values, unsigned library_count)
{
    note("load capturing=%d", driver.capturing != NULL);
    if (driver.capturing)
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (strncmp(code, MAGIC, strlen(MAGIC)) != 0)
        return CUDA_ERROR_INVALID_IMAGE;
    struct kernel *made = calloc(1, sizeof *made);
    snprintf(made->arguments, sizeof made->arguments, "%s", (const char *)code + strlen(MAGIC));
    made->dynamic_shared = STATIC_SHARED;
    *library = (CUlibrary)made;
    return CUDA_SUCCESS;
}

/* A graph that is kept may hold its kernels longer than their library is: never freed. */
CUresult cuLibraryUnload(CUlibrary library) { return CUDA_SUCCESS; }

CUresult cuLibraryGetKernel(CUkernel *kernel, CUlibrary library, const char *name)
{
    struct kernel *only = (struct kernel *)library;
    snprintf(only->entry, sizeof only->entry, "%s", name);
    *kernel = (CUkernel)only;
    return CUDA_SUCCESS;
}

CUresult cuKernelGetFunction(CUfunction *function, CUkernel kernel)
{
    *function = (CUfunction)kernel;
    return CUDA_SUCCESS;
}

CUresult cuKernelSetAttribute(CUfunction_attribute attribute, int value, CUkernel kernel, CUdevice device)
{
    note("attribute entry=%s value=%d capturing=%d", ((struct kernel *)kernel)->entry, value,
         driver.capturing != NULL);
    if (driver.capturing)
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
        return CUDA_ERROR_NOT_SUPPORTED;
    if (value < 0 || value > MOST_SHARED)
        return CUDA_ERROR_INVALID_VALUE;
    ((struct kernel *)kernel)->dynamic_shared = value;
    return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction function, int threads, size_t shared)
{
    *blocks = 1;
    return CUDA_SUCCESS;
}

/* ---- launches ---- */

struct shape { unsigned blocks, cluster[3], cluster_blocks; bool cooperative; };

static struct shape shape_of(const CUlaunchConfig *config)
{
    struct shape found = {config->gridDimX * config->gridDimY * config->gridDimZ, {1, 1, 1}, 1, false};
    for (unsigned n = 0; n < config->numAttrs; n++) {
        const CUlaunchAttribute *each = &config->attrs[n];
        if (each->id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION) {
            found.cluster[0] = each->value.clusterDim.x;
            found.cluster[1] = each->value.clusterDim.y;
            found.cluster[2] = each->value.clusterDim.z;
        } else if (each->id == CU_LAUNCH_ATTRIBUTE_COOPERATIVE) {
            found.cooperative = each->value.cooperative != 0;
        }
    }
    found.cluster_blocks = found.cluster[0] * found.cluster[1] * found.cluster[2];
    return found;
}

CUresult cuOccupancyMaxActiveClusters(int *clusters, CUfunction function, const CUlaunchConfig *config)
{
    unsigned blocks = shape_of(config).cluster_blocks;
    *clusters = 0;
    if (!blocks || blocks > (unsigned)MOST_CLUSTER)
        return CUDA_ERROR_INVALID_CLUSTER_SIZE;
    for (size_t n = 0; n < sizeof GPCS / sizeof *GPCS; n++)
        *clusters += (int)(GPCS[n] / blocks);
    return CUDA_SUCCESS;
}

static CUresult check(const CUlaunchConfig *config, struct shape shape, const struct kernel *kernel)
{
    unsigned threads = config->blockDimX * config->blockDimY * config->blockDimZ;
    if (!shape.blocks || config->gridDimY > MOST_GRID_Y || !threads || threads > (unsigned)MOST_THREADS)
        return CUDA_ERROR_INVALID_VALUE;
    if (config->sharedMemBytes > (unsigned)kernel->dynamic_shared)
        return CUDA_ERROR_INVALID_VALUE;
    if (!shape.cluster_blocks || shape.cluster_blocks > (unsigned)MOST_CLUSTER)
        return CUDA_ERROR_INVALID_CLUSTER_SIZE;
    if (config->gridDimX % shape.cluster[0] || config->gridDimY % shape.cluster[1] ||
        config->gridDimZ % shape.cluster[2])
        return CUDA_ERROR_INVALID_CLUSTER_SIZE;
    if (shape.cooperative && shape.blocks > (unsigned)MULTIPROCESSORS)
        return CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE;
    return CUDA_SUCCESS;
}

static void keep(struct graph *graph, CUdeviceptr address)
{
    if (graph->addresses == graph->room) {
        graph->room = graph->room * 2 + 64;
        graph->address = realloc(graph->address, graph->room * sizeof *graph->address);
    }
    graph->address[graph->addresses++] = address;
}

CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function, void **arguments, void **extra)
{
    const struct kernel *kernel = (struct kernel *)function;
    struct shape shape = shape_of(config);
    struct graph *graph = captured_by(config->hStream);
    note("launch entry=%s grid=%u,%u cluster=%u,%u cooperative=%d threads=%u shared=%u stream=%d captured=%d",
         kernel->entry, config->gridDimX, config->gridDimY, shape.cluster[0], shape.cluster[1], shape.cooperative,
         config->blockDimX, config->sharedMemBytes, number_of(config->hStream), graph != NULL);
    CUresult refused = check(config, shape, kernel);
    if (refused)
        return refused;
    for (size_t n = 0; kernel->arguments[n]; n++) {
        CUdeviceptr address;
        if (kernel->arguments[n] != 'p')
            continue;
        memcpy(&address, arguments[n], sizeof address);
        if (!is_memory(address, 0))
            return CUDA_ERROR_ILLEGAL_ADDRESS;
        if (graph)
            keep(graph, address);
    }
    if (graph)
        graph->launches++;
    return CUDA_SUCCESS;
}

/* ---- graphs: what a stream was told while it was captured, and which addresses that has ---- */

CUresult cuStreamBeginCapture(CUstream handle, CUstreamCaptureMode mode)
{
    struct stream *stream = stream_of(handle);             /* the default stream cannot be captured */
    note("capture begins stream=%d", number_of(handle));
    if (stream == NULL || driver.capturing)
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    stream->captured = driver.capturing = calloc(1, sizeof *driver.capturing);
    return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph *graph)
{
    struct graph *captured = captured_by(handle);
    if (captured == NULL)
        return CUDA_ERROR_INVALID_VALUE;
    note("capture ends launches=%d", captured->launches);
    stream_of(handle)->captured = driver.capturing = NULL;
    *graph = (CUgraph)captured;
    return CUDA_SUCCESS;
}

static CUstreamCaptureStatus status_of(CUstream handle)
{
    return captured_by(handle) ? CU_STREAM_CAPTURE_STATUS_ACTIVE : CU_STREAM_CAPTURE_STATUS_NONE;
}

CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus *status)
{
    *status = status_of(handle);
    return CUDA_SUCCESS;
}

CUresult cuStreamGetCaptureInfo(CUstream handle, CUstreamCaptureStatus *status, cuuint64_t *id, CUgraph *graph,
                                const CUgraphNode **before, const CUgraphEdgeData **edges, size_t *count)
{
    *status = status_of(handle);
    if (id)
        *id = 1;
    if (graph)
        *graph = (CUgraph)captured_by(handle);
    if (before)
        *before = NULL;
    if (edges)
        *edges = NULL;
    if (count)
        *count = 0;
    return CUDA_SUCCESS;
}

/* An executable graph is the graph itself: neither is ever freed. */
CUresult cuGraphInstantiateWithParams(CUgraphExec *executable, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS *params)
{
    note("instantiate launches=%d", ((struct graph *)graph)->launches);
    *executable = (CUgraphExec)graph;
    params->result_out = CUDA_GRAPH_INSTANTIATE_SUCCESS;
    return CUDA_SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream)
{
    const struct graph *graph = (struct graph *)executable;
    note("graph launches=%d stream=%d", graph->launches, number_of(stream));
    for (size_t n = 0; n < graph->addresses; n++)
        if (!is_memory(graph->address[n], 0))
            return CUDA_ERROR_ILLEGAL_ADDRESS;
    return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph graph) { return CUDA_SUCCESS; }
CUresult cuGraphExecDestroy(CUgraphExec executable) { note("graph is dropped"); return CUDA_SUCCESS; }

CUresult cuUserObjectCreate(CUuserObject *object, void *held, CUhostFn destroy, unsigned references, unsigned flags)
{
    *object = (CUuserObject)&the_user_object;              /* never destroyed, as the graphs that hold it */
    return CUDA_SUCCESS;
}

CUresult cuUserObjectRelease(CUuserObject object, unsigned count) { return CUDA_SUCCESS; }
CUresult cuGraphReleaseUserObject(CUgraph graph, CUuserObject object, unsigned count) { return CUDA_SUCCESS; }

CUresult cuGraphRetainUserObject(CUgraph graph, CUuserObject object, unsigned count, unsigned flags)
{
    return CUDA_SUCCESS;
}

/* ---- the way in: every function is asked for by its name, and what is not here answers that it is not ---- */

static CUresult unknown(void)
{
    note("unknown");
    return CUDA_ERROR_NOT_SUPPORTED;
}

#define HERE(name) {#name, (void *)name}                   /* the name as it is asked for, without the suffix _v2 */

static const struct { const char *name; void *function; } FUNCTIONS[] = {
    HERE(cuInit), HERE(cuDriverGetVersion), HERE(cuGetProcAddress), HERE(cuGetErrorName), HERE(cuGetErrorString),
    HERE(cuDeviceGetCount), HERE(cuDeviceGet), HERE(cuDeviceGetName), HERE(cuDeviceGetAttribute),
    HERE(cuDevicePrimaryCtxRetain), HERE(cuDevicePrimaryCtxRelease), HERE(cuCtxGetCurrent), HERE(cuCtxSetCurrent),
    HERE(cuCtxPushCurrent), HERE(cuCtxPopCurrent), HERE(cuCtxGetDevice), HERE(cuCtxGetStreamPriorityRange),
    HERE(cuCtxSynchronize), HERE(cuStreamCreateWithPriority), HERE(cuStreamDestroy), HERE(cuStreamGetCtx),
    HERE(cuStreamGetDevice), HERE(cuStreamSynchronize), HERE(cuStreamWaitEvent), HERE(cuEventCreate),
    HERE(cuEventRecord), HERE(cuEventSynchronize), HERE(cuEventDestroy), HERE(cuEventElapsedTime),
    HERE(cuDeviceGetMemPool), HERE(cuDeviceGetDefaultMemPool), HERE(cuMemGetMemPool), HERE(cuMemGetDefaultMemPool),
    HERE(cuMemPoolGetAttribute), HERE(cuMemPoolSetAttribute), HERE(cuMemAllocFromPoolAsync), HERE(cuMemFreeAsync),
    HERE(cuMemcpyHtoDAsync), HERE(cuMemcpyDtoHAsync), HERE(cuMemcpyDtoDAsync), HERE(cuMemsetD8Async),
    HERE(cuPointerGetAttribute), HERE(cuLibraryLoadData), HERE(cuLibraryUnload), HERE(cuLibraryGetKernel),
    HERE(cuKernelGetFunction), HERE(cuKernelSetAttribute), HERE(cuOccupancyMaxActiveBlocksPerMultiprocessor),
    HERE(cuOccupancyMaxActiveClusters), HERE(cuLaunchKernelEx), HERE(cuStreamBeginCapture), HERE(cuStreamEndCapture),
    HERE(cuStreamIsCapturing), HERE(cuStreamGetCaptureInfo), HERE(cuGraphInstantiateWithParams), HERE(cuGraphLaunch),
    HERE(cuGraphDestroy), HERE(cuGraphExecDestroy), HERE(cuUserObjectCreate), HERE(cuUserObjectRelease),
    HERE(cuGraphRetainUserObject), HERE(cuGraphReleaseUserObject),
};

CUresult cuGetProcAddress(const char *name, void **function, int version, cuuint64_t flags,
                          CUdriverProcAddressQueryResult *status)
{
    *function = (void *)unknown;
    for (size_t n = 0; n < sizeof FUNCTIONS / sizeof *FUNCTIONS; n++)
        if (strcmp(FUNCTIONS[n].name, name) == 0)
            *function = FUNCTIONS[n].function;
    if (status)
        *status = CU_GET_PROC_ADDRESS_SUCCESS;
    return CUDA_SUCCESS;
}
