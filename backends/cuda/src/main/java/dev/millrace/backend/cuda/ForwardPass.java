/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.KeyValueType;
import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import org.jspecify.annotations.Nullable;

/**
 * Queues the kernels of a pass, from tokens to logits. Passes of one token per sequence are recorded as graphs the second time they
 * come in the same size.
 */
final class ForwardPass {

    /** Up to so many columns weights are multiplied row by row, above by tensor cores. */
    static final int FEW = 8;

    /** Lengths for ropes that look at them: one that is short to any rope, and one that is long. */
    static final int SHORT = 1;
    static final int LONG = Integer.MAX_VALUE;

    private static final int MOST_GRAPHS = 64;
    private static final int MOST_THREADS = 1024;
    private static final int WARP = 32;
    /** Of a block of attention. */
    private static final int WARPS = 4;
    /** Rows of a matrix step, which a warp of attention on tensor cores has. */
    private static final int TENSOR_ROWS = 16;
    /** As in matvec.h and fused.h: rows of a block of 4 warps, and the threads of blocks that make 32 values. */
    private static final int MATVEC_ROWS = 8;
    private static final int GATED_THREADS = 256;
    private static final int CONV_THREADS = 512;
    /** Widest stream that each block of the kernel of short convolutions norms for itself: four values a thread. */
    private static final int MOST_CONV = 4 * CONV_THREADS;

    /** As in experts.cu. */
    private static final int ROUTE_THREADS = 256;
    private static final int MOST_ROUTED = 4096;
    static final int GROUP_THREADS = 512;
    private static final Network.QueryKeyNorms NO_NORMS = new Network.QueryKeyNorms(Network.NO_NORM, Network.NO_NORM);

    private final Gpu gpu;
    private final Network network;
    private final Blueprint blueprint;
    private final KvLayout layout;
    private final boolean exact;
    private final Sizes sizes;
    private final int logitRows;
    private final int tileTokens;
    private final long stream;
    /** Where kernels leave the stream whose blocks all read it, in passes of few tokens. */
    private final long otherStream;
    private final Values x;
    private final Values z;
    private final long middle;
    private final long delta;
    private final long shared;
    private final long sharedWeights;
    private final long partial;
    private final long arrivals;
    private final long outputs;
    private final long routed;
    private final long ids;
    private final long weights;
    private final long order;
    private final long tiles;
    private final long logits;
    private final Graphs graphs;
    /** Which of both has the stream now. */
    private long at;

    ForwardPass(Gpu gpu, Network network, KvLayout layout, boolean exact, Sizes sizes, int tokens, int steps,
            int logitRows) {
        this.gpu = gpu;
        this.network = network;
        this.blueprint = network.blueprint();
        this.layout = layout;
        this.exact = exact;
        this.sizes = sizes;
        this.logitRows = logitRows;
        graphs = new Graphs(gpu, MOST_GRAPHS);
        tileTokens = mostTokens();
        stream = gpu.allocate(4L * sizes.hidden() * tokens);
        otherStream = gpu.allocate(4L * sizes.hidden() * Math.min(tokens, FEW));
        at = stream;
        x = values((long) sizes.input() * tokens);
        z = values((long) sizes.inner() * tokens);
        middle = gpu.allocate(4L * sizes.middle() * tokens);
        delta = gpu.allocate(4L * sizes.output() * tokens);
        shared = sizes.shared() == 0 ? 0 : gpu.allocate(4L * sizes.shared() * tokens);
        sharedWeights = sizes.shared() == 0 ? 0 : gpu.allocate(4L * tokens);
        partial = gpu.allocate(4L * sizes.heads() * Batch.mostPartials(tokens, steps));
        arrivals = gpu.allocate(4L * sizes.groups() * tokens);
        gpu.zero(arrivals, 4L * sizes.groups() * tokens);
        long entries = (long) sizes.used() * tokens;
        // of the router, and which of its blocks are done: each pass leaves zeros
        outputs = gpu.allocate(4L * (sizes.experts() + 1) * tokens);
        routed = gpu.allocate(4L * tokens);
        gpu.zero(routed, 4L * tokens);
        ids = gpu.allocate(4 * entries);
        weights = gpu.allocate(4 * entries);
        order = gpu.allocate(4 * entries);
        tiles = gpu.allocate(16 * (entries + sizes.experts()));
        logits = gpu.allocate(4L * blueprint.vocabularySize() * logitRows);
    }

    private Values values(long count) {
        return new Values(gpu.allocate(4 * count), gpu.allocate(count), gpu.allocate(count / 4),
                gpu.allocate(2 * count));
    }

    /** Rows of attention's widest kernel: four warps of so many. */
    private static int widest(int headSize) {
        return headSize == 16 || headSize == 32 ? 1 : headSize == 64 ? 8 : headSize <= 128 ? 4 : 2;
    }

    /** How kernels for heads of a size are called: some are made for one size, others for all up to theirs. */
    private static String heads(int size) {
        return switch (size) {
            case 16, 32, 64, 128 -> String.valueOf(size);
            default -> size <= 128 ? "to128" : "to256";
        };
    }

    /** Whether the attention kernels can work on heads like these. */
    static boolean takes(Blueprint.Attention a) {
        int size = a.headSize();
        return size % 8 == 0 && size <= 256 && a.heads() / a.kvHeads() <= WARPS * widest(size);
    }

    /** Whether attention is computed on tensor cores: in float16 or 8 bits, and for the sizes of heads that have such kernels. */
    private boolean onTensorCores(Blueprint.Attention a) {
        return !exact && layout.type() != KeyValueType.F32 && (a.headSize() == 64 || a.headSize() == 128);
    }

    /** Blocks of tensor cores that a single token takes for all its query heads. */
    static int groups(Blueprint.Attention a) {
        return a.kvHeads() * ((a.heads() / a.kvHeads() + TENSOR_ROWS - 1) / TENSOR_ROWS);
    }

    private int mostTokens() {
        int most = WARPS * TENSOR_ROWS;
        for (Blueprint.Layer layer : blueprint.layers()) {
            if (layer.mixer() instanceof Blueprint.Attention a) {
                int rows = onTensorCores(a) ? WARPS * TENSOR_ROWS : WARPS * widest(a.headSize());
                most = Math.min(most, rows / (a.heads() / a.kvHeads()));
            }
        }
        return Math.max(1, most);
    }

    /** Neighbouring tokens that a block of attention takes. */
    int tileTokens() {
        return tileTokens;
    }

    /** Rows of logits that fit at once. */
    int logitRows() {
        return logitRows;
    }

    /** Address of the logits of the last call of {@link #logits} or {@link #runAll}. */
    long logitsAddress() {
        return logits;
    }

    /** Queues everything, the logits included, if they are few enough. */
    void runAll(Batch batch) {
        if (!batch.hasSingleTokens() || batch.rows() > logitRows) {
            queue(batch);
        } else {
            graphs.run(new Graphs.Key(batch.steps(), batch.singleSplits(), batch.rows()), () -> queue(batch));
        }
    }

    /** Loads the kernels of passes of all sizes. */
    void load(Batch batch) {
        gpu.load(() -> {
            // between two powers of two nothing is launched that is not launched for one of them
            for (int count = 1; count <= batch.mostTokens(); count *= 2) {
                batch.outline(count, false);
                queue(batch);
                if (count <= batch.mostSteps()) {
                    batch.outline(count, true);
                    queue(batch);
                }
            }
        });
    }

    private void queue(Batch batch) {
        int rows = batch.rows();
        Added last = layers(batch);
        if (rows == 0) {
            return;
        }
        if (rows == batch.tokens() && rows <= logitRows) {
            // each token is wanted, in order: its last sum and the norm are one launch
            norm(last, network.outputNorm(), network.head().forms(rows, exact), rows, 0);
            head(rows);
            return;
        }
        norm(last, Network.NO_NORM, 0, batch.tokens(), 0);
        if (rows <= logitRows) {
            logits(batch, 0, rows);
        }
    }

    /** Returns what the last layer has left to be added. */
    private Added layers(Batch batch) {
        int n = batch.tokens();
        at = stream;
        gpu.arguments().weights(network.embedding()).pointer(batch.tokensAddress()).pointer(stream)
                .integer(sizes.hidden()).real(blueprint.multipliers().embedding());
        gpu.launch("embed_" + network.embedding().type(), n, 1, 1, 64);
        Added pending = Added.NOTHING;
        for (Network.Layer layer : network.layers()) {
            Network.Norm before = layer.mixerNorms().before();
            switch (layer.mixer()) {
                case Network.Attention a -> {
                    norm(pending, before, a.input().forms(n, exact), n, 0);
                    attention(a, batch);
                }
                case Network.ShortConv c -> {
                    if (n == 1 && c.input().isWhole() && sizes.hidden() <= MOST_CONV) {
                        normedConv(pending, before, c, batch);
                    } else {
                        norm(pending, before, c.input().forms(n, exact), n, 0);
                        conv(c, batch);
                    }
                    multiply(c.output(), z, n, delta);
                }
            }
            Added mixed = new Added(true, null, layer.mixerNorms().after());
            before = layer.feedForwardNorms().before();
            switch (layer.feedForward()) {
                case Network.Dense d -> {
                    norm(mixed, before, d.input().forms(n, exact), n, 0);
                    dense(d, n, delta);
                    pending = new Added(true, null, layer.feedForwardNorms().after());
                }
                case Network.Experts e -> {
                    Network.Dense also = e.shared();
                    int forms = e.experts().input().forms(n, exact)
                            | (also == null ? 0 : also.input().forms(n, exact));
                    if (n <= FEW && sizes.hidden() <= MOST_ROUTED) {
                        normedRoute(mixed, before, e, n, forms);
                    } else {
                        norm(mixed, before, forms | Values.FLOATS, n, 0);
                        route(e, n);
                    }
                    experts(e, n);
                    if (also != null) {
                        dense(also, n, shared);
                    }
                    pending = new Added(true, e, layer.feedForwardNorms().after());
                }
            }
        }
        return pending;
    }

    /**
     * What a part has left in {@link #delta}, to be added to the stream.
     *
     * @param any false if there is nothing
     * @param of the experts that have left it, or null
     * @param after its norm
     */
    private record Added(boolean any, Network.@Nullable Experts of, Network.Norm after) {
        static final Added NOTHING = new Added(false, null, Network.NO_NORM);
    }

    /** Queues the head for some of the wanted rows, which take the place of earlier ones. */
    void logits(Batch batch, int first, int count) {
        norm(Added.NOTHING, network.outputNorm(), network.head().forms(count, exact), count,
                batch.rowsAddress(first));
        head(count);
    }

    private void head(int count) {
        multiply(network.head(), x, count, logits);
        float factor = blueprint.multipliers().logits();
        if (factor != 1 || blueprint.softcap() != 0) {
            long all = (long) count * blueprint.vocabularySize();
            gpu.arguments().pointer(logits).wide(all).real(factor).real(blueprint.softcap());
            gpu.launch("bound", (all + 255) / 256, 1, 1, 256);
        }
    }

    private void norm(Added part, Network.Norm norm, int forms, int n, long rows) {
        gpu.arguments();
        addAndNorm(stream, part, norm);
        gpu.more().integer(sizes.hidden()).pointer(rows).output(x, forms);
        int each = sizes.hidden() <= 4 * MOST_THREADS ? 1 : 4;
        int threads = (sizes.hidden() / 4 / each + WARP - 1) / WARP * WARP;
        gpu.launch("add_norm_" + each, n, 1, 1, each == 1 ? threads : MOST_THREADS);
    }

    /** The arguments of a sum and a norm of the stream, which moves to one of its places. */
    private void addAndNorm(long to, Added part, Network.Norm norm) {
        Network.Experts of = part.of();
        gpu.more().pointer(at).pointer(to).pointer(part.any() ? delta : 0).pointer(of == null ? 0 : weights)
                .integer(of == null ? 1 : of.shape().used()).pointer(of == null || of.shared() == null ? 0 : shared)
                .pointer(of == null || of.sharedGate() == 0 ? 0 : sharedWeights).pointer(part.after().weight())
                .real(part.after().epsilon()).real(blueprint.multipliers().residual())
                .pointer(norm.weight()).real(norm.epsilon()).align(8);
        at = to;
    }

    /** The place that the stream is not in. */
    private long other() {
        return at == stream ? otherStream : stream;
    }

    private void dense(Network.Dense d, int n, long to) {
        if (n == 1 && d.input().isWhole()) {
            gated(d, 1, 1, 0);
        } else if (isGatedAtOnce(d, n)) {
            Projection.Part part = d.input().parts().getFirst();
            matmul(part, x, n, Columns.inOrder(part.matrix(), n), 0, 0, z.halves());
        } else {
            multiply(d.input(), x, n, middle);
            glu(d, n, d.output().forms(n, exact));
        }
        multiply(d.output(), z, n, to);
    }

    /** Gate and up of single columns, with what becomes of them, in one launch. With ids an entry has a matrix of its own. */
    private void gated(Network.Dense d, int entries, int share, long idsAddress) {
        Projection.Part input = d.input().parts().getFirst();
        gpu.arguments().weights(input.matrix());
        if (Projection.form(input.matrix(), 1, exact) == Values.CODES) {
            gpu.more().pointer(x.codes()).pointer(x.scales());
        } else {
            gpu.more().pointer(x.floats());
        }
        gpu.more().pointer(input.bias()).integer(d.inner()).integer(sizes.hidden()).pointer(idsAddress).integer(share);
        gate(d.activation());
        gpu.more().align(8).output(z, d.output().forms(1, exact));
        launchFused("gated_", d.input(), d.inner(), entries, GATED_THREADS);
    }

    /** Whether the product of many columns with gate and up can be stored with the gate behind it. */
    private boolean isGatedAtOnce(Network.Dense d, int n) {
        return d.input().isWhole() && d.activation() instanceof Activation.Silu
                && d.input().forms(n, exact) == Values.HALVES;
    }

    private void glu(Network.Dense d, int rows, int forms) {
        long blocks = (long) rows * d.inner() / 32;
        gpu.arguments().pointer(middle).integer(d.inner()).wide(blocks);
        gate(d.activation());
        gpu.more().output(z, forms);
        gpu.launch("glu", (blocks + 7) / 8, 1, 1, 256);
    }

    /** {@code Gate}. */
    private void gate(Activation activation) {
        switch (activation) {
            case Activation.Silu silu -> gpu.more().integer(0).real(0).real(0);
            case Activation.Gelu gelu -> gpu.more().integer(1).real(0).real(0);
            case Activation.ClampedSwiglu c -> gpu.more().integer(2).real(c.alpha()).real(c.limit());
        }
    }

    private void launchFused(String kernel, Projection projection, int width, int entries, int threads) {
        Matrix m = projection.parts().getFirst().matrix();
        String form = Projection.form(m, 1, exact) == Values.CODES ? "codes_" : "floats_";
        gpu.launch(kernel + form + m.type(), width / WARP, entries, 1, threads);
    }

    /** Of one token, with what a part has left and the norm in front, to {@link #z}. */
    private void normedConv(Added part, Network.Norm norm, Network.ShortConv c, Batch batch) {
        Projection.Part input = c.input().parts().getFirst();
        gpu.arguments().weights(input.matrix());
        addAndNorm(other(), part, norm);
        gpu.more().pointer(input.bias()).integer(sizes.hidden()).align(8).pointer(c.taps()).integer(c.width()).align(8)
                .pointer(batch.stateFromAddress()).pointer(batch.stateToAddress()).wide(c.keptAt())
                .output(z, c.output().forms(1, exact));
        launchFused("conv_", c.input(), sizes.hidden(), 1, CONV_THREADS);
    }

    /** From {@link #x} to {@link #z}. */
    private void conv(Network.ShortConv c, Batch batch) {
        int n = batch.tokens();
        multiply(c.input(), x, n, middle);
        gpu.arguments().pointer(middle).pointer(c.taps()).integer(sizes.hidden()).integer(c.width())
                .pointer(batch.stepOfAddress()).pointer(batch.stepsAddress()).pointer(batch.stateFromAddress())
                .pointer(batch.stateToAddress()).wide(c.keptAt()).output(z, c.output().forms(n, exact));
        gpu.launch("short_conv", (sizes.hidden() + 127) / 128, n, 1, 128);
    }

    private void attention(Network.Attention a, Batch batch) {
        Blueprint.Attention shape = a.shape();
        int n = batch.tokens();
        multiply(a.input(), x, n, middle);
        int all = shape.heads() + 2 * shape.kvHeads();
        if (!a.together().equals(NO_NORMS)) {
            heads(shape);
            norms(a.together());
            gpu.launch("norm_projections", 2, n, 1, 256);
        }
        heads(shape);
        norms(a.ofHeads());
        gpu.more().pointer(a.turns()).pointer(a.longTurns());
        if (shape.position() instanceof Position.Rope rope) {
            gpu.more().integer(rope.dimensions()).integer(rope.order() == Position.Order.INTERLEAVED ? 1 : 0)
                    .real((float) rope.magnitude(SHORT)).real((float) rope.magnitude(LONG));
        } else {
            gpu.more().integer(0).integer(0).real(1).real(1);
        }
        // the struct ends on 8 bytes
        gpu.more().integer(a.originalContext()).align(8).pointer(batch.reachAddress()).pointer(batch.stepOfAddress())
                .pointer(batch.stepsAddress()).pointer(batch.pagesAddress()).wide(a.keptAt());
        gpu.launch("place_" + kind(), (all + 3) / 4, n, 1, 128);
        int forms = a.output().forms(n, exact);
        if (onTensorCores(shape)) {
            flash(a, batch, forms);
        } else {
            attend(a, batch, forms);
        }
        multiply(a.output(), x, n, delta);
    }

    /** The arguments that kernels for heads begin with. */
    private void heads(Blueprint.Attention shape) {
        gpu.arguments().pointer(middle).integer(shape.heads()).integer(shape.kvHeads()).integer(shape.headSize());
    }

    private void norms(Network.QueryKeyNorms norms) {
        gpu.more().pointer(norms.query().weight()).real(norms.query().epsilon()).pointer(norms.key().weight())
                .real(norms.key().epsilon()).align(8);
    }

    /** On tensor cores, from {@link #middle} to {@link #x}. */
    private void flash(Network.Attention a, Batch batch, int forms) {
        Blueprint.Attention shape = a.shape();
        String kernel = kind() + "_" + shape.headSize();
        if (batch.singles() > 0) {
            gpu.arguments().pointer(middle).integer(shape.heads()).integer(shape.kvHeads());
            scores(a, batch, batch.singlesAddress());
            gpu.more().pointer(batch.partialAddress()).pointer(partial).pointer(arrivals).pointer(a.sinks())
                    .output(x, forms);
            gpu.launch("flash_singles_" + kernel, batch.singles(), groups(shape), batch.singleSplits(), WARPS * WARP);
        }
        if (batch.tiles() > 0) {
            gpu.arguments().pointer(middle).integer(shape.heads()).integer(shape.kvHeads());
            scores(a, batch, batch.tilesAddress());
            gpu.more().pointer(a.sinks()).output(x, forms);
            gpu.launch("flash_tiles_" + kernel, batch.tiles(), shape.kvHeads(), 1, WARPS * WARP);
        }
    }

    /** In floats, from {@link #middle} to {@link #x}. */
    private void attend(Network.Attention a, Batch batch, int forms) {
        Blueprint.Attention shape = a.shape();
        int n = batch.tokens();
        int wide = widest(shape.headSize());
        attend(a, batch, batch.singlesAddress(), batch.singles(), batch.singleSplits(),
                shape.heads() / shape.kvHeads() <= WARPS ? 1 : wide);
        attend(a, batch, batch.tilesAddress(), batch.tiles(), 1, wide);
        boolean whole = shape.headSize() % WARP == 0;
        boolean codesLater = !whole && (forms & Values.CODES) != 0;
        gpu.arguments().pointer(partial).pointer(batch.partialAddress()).pointer(a.sinks())
                .integer(shape.headSize())
                .align(8).output(x, codesLater ? (forms & ~Values.CODES) | Values.FLOATS : forms);
        gpu.launch("combine", shape.heads(), n, 1, (shape.headSize() + WARP - 1) / WARP * WARP);
        if (codesLater) {
            long blocks = (long) n * shape.heads() * shape.headSize() / 32;
            gpu.arguments().pointer(x.floats()).wide(blocks).output(x, Values.CODES);
            gpu.launch("quantise", (blocks + 7) / 8, 1, 1, 256);
        }
    }

    private void attend(Network.Attention a, Batch batch, long tilesAddress, int count, int splits, int width) {
        if (count == 0) {
            return;
        }
        Blueprint.Attention shape = a.shape();
        heads(shape);
        scores(a, batch, tilesAddress);
        gpu.more().pointer(batch.partialAddress()).pointer(partial);
        gpu.launch("attend_" + kind() + "_" + heads(shape.headSize()) + "_" + width, count, shape.kvHeads(), splits,
                WARPS * WARP);
    }

    /** The arguments that all kernels of attention have in the middle: how scores are made, whose they are, and of which keys. */
    private void scores(Network.Attention a, Batch batch, long tilesAddress) {
        Blueprint.Attention shape = a.shape();
        gpu.more().real(shape.scale()).real(shape.softcap()).integer(shape.span().window()).align(8)
                .pointer(tilesAddress).pointer(batch.stepsAddress()).pointer(batch.pagesAddress()).wide(a.keptAt());
    }

    private String kind() {
        return layout.type() == KeyValueType.F16 ? "KV_F16" : layout.type() == KeyValueType.Q8 ? "KV_Q8" : "KV_F32";
    }

    /** What a part has left, a norm and the router in one launch; {@link #x} has the normed rows then. */
    private void normedRoute(Added part, Network.Norm norm, Network.Experts e, int n, int forms) {
        gpu.arguments();
        addAndNorm(other(), part, norm);
        router(e);
        picked().output(x, forms);
        gpu.launch("normed_route", outputs(e) + 1, n, 1, ROUTE_THREADS);
    }

    private void route(Network.Experts e, int n) {
        // as in experts.cu: experts and tokens of a block
        int expertsOfBlock = n > FEW ? 8 : 1;
        int tokensOfBlock = n > FEW ? 32 : FEW;
        gpu.arguments().pointer(x.floats());
        router(e);
        gpu.more().integer(n);
        picked();
        gpu.launch("route_" + expertsOfBlock, (outputs(e) + expertsOfBlock - 1) / expertsOfBlock,
                (n + tokensOfBlock - 1) / tokensOfBlock, 1, ROUTE_THREADS);
    }

    /** What a router gives for a token: a number for each expert, and one for the weight of a shared one. */
    private static int outputs(Network.Experts e) {
        return e.shape().experts().size() + (e.sharedGate() == 0 ? 0 : 1);
    }

    /** {@code Router}. */
    private void router(Network.Experts e) {
        Blueprint.Experts shape = e.shape();
        gpu.more().pointer(e.router()).pointer(e.routerBias()).pointer(e.bias()).pointer(e.sharedGate())
                .integer(sizes.hidden()).integer(shape.experts().size()).integer(gating(shape.gating()))
                .integer(shape.used()).integer(shape.normalise() ? 1 : 0).real(shape.scale());
    }

    /** Where the experts that are picked go. */
    private Arguments picked() {
        return gpu.more().pointer(outputs).pointer(routed).pointer(ids).pointer(weights).pointer(sharedWeights);
    }

    private void experts(Network.Experts e, int n) {
        Blueprint.Experts shape = e.shape();
        int used = shape.used();
        int entries = n * used;
        boolean grouped = !exact && n > FEW;
        Tile tile = Tile.ofExperts(entries, shape.experts().size());
        int most = Math.min(entries, entries / tile.columns() + shape.experts().size());
        Columns columns = new Columns(tile, most, tiles, order, used);
        if (grouped) {
            gpu.arguments().pointer(ids).integer(entries).integer(shape.experts().size()).pointer(order)
                    .pointer(tiles).integer(most).integer(tile.columns());
            gpu.launch("group", 1, 1, 1, GROUP_THREADS);
        }
        Network.Dense d = e.experts();
        if (!grouped && d.input().isWhole()) {
            gated(d, entries, used, ids);
        } else if (grouped && isGatedAtOnce(d, n)) {
            matmul(d.input().parts().getFirst(), x, entries, columns, 0, 0, z.halves());
        } else {
            for (Projection.Part part : d.input().parts()) {
                byExpert(part, x, n, entries, columns, middle, d.input().rows(), false);
            }
            glu(d, entries, d.output().forms(n, exact));
        }
        for (Projection.Part part : d.output().parts()) {
            // the gates stand between this and what has picked the experts
            byExpert(part, z, n, entries, columns.withShare(1), delta, d.output().rows(), true);
        }
    }

    private void byExpert(Projection.Part part, Values input, int n, int entries, Columns columns, long to,
            int stride, boolean early) {
        Matrix m = part.matrix();
        int share = columns.share();
        long y = to + 4L * part.first();
        switch (Projection.form(m, n, exact)) {
            case Values.HALVES -> matmul(part, input, entries, columns, y, stride, 0);
            case Values.CODES -> {
                gpu.arguments().weights(m).pointer(input.codes()).pointer(input.scales()).pointer(y)
                        .pointer(part.bias()).integer(m.rows()).integer(m.columns()).integer(entries)
                        .integer(stride).pointer(ids).integer(share).integer(early ? 1 : 0);
                gpu.launch("matvec_codes_" + m.type() + "_1", rowBlocks(m), entries, 1, 128);
            }
            default -> {
                gpu.arguments().weights(m).pointer(input.floats()).pointer(y).pointer(part.bias()).integer(m.rows())
                        .integer(m.columns()).integer(entries).integer(stride).pointer(ids).integer(share)
                        .integer(early ? 1 : 0);
                gpu.launch("matvec_floats_" + m.type() + "_1", rowBlocks(m), entries, 1, 128);
            }
        }
    }

    /**
     * How a matrix meets the columns of a product on tensor cores.
     *
     * @param tile what a block makes
     * @param across blocks side by side
     * @param tiles address of which matrix and which entries each of these has; 0: one matrix, columns as they come
     * @param order address of the entries in the order of tiles, or 0
     * @param share entries that share a column
     */
    private record Columns(Tile tile, int across, long tiles, long order, int share) {

        static Columns inOrder(Matrix matrix, int columns) {
            Tile tile = Tile.of(matrix.rows(), columns);
            return new Columns(tile, tile.across(columns), 0, 0, 1);
        }

        Columns withShare(int entries) {
            return new Columns(tile, across, tiles, order, entries);
        }
    }

    /** To y, or with the gate behind it to halves; the other is 0. */
    private void matmul(Projection.Part part, Values input, int n, Columns columns, long y, int stride, long gated) {
        Matrix m = part.matrix();
        gpu.arguments().weights(m).pointer(input.halves()).pointer(y).pointer(part.bias()).integer(m.rows())
                .integer(m.columns()).integer(n).integer(stride).pointer(columns.tiles()).pointer(columns.order())
                .integer(columns.share()).pointer(gated);
        gpu.launch(columns.tile().kernel(m.type()), columns.tile().down(m.rows()), columns.across(), 1, Tile.THREADS);
    }

    private void multiply(Projection projection, Values input, int n, long to) {
        for (Projection.Part part : projection.parts()) {
            Matrix m = part.matrix();
            long y = to + 4L * part.first();
            int stride = projection.rows();
            switch (Projection.form(m, n, exact)) {
                case Values.HALVES -> matmul(part, input, n, Columns.inOrder(m, n), y, stride, 0);
                case Values.CODES -> {
                    int at = together(n);
                    gpu.arguments().weights(m).pointer(input.codes()).pointer(input.scales()).pointer(y)
                            .pointer(part.bias()).integer(m.rows()).integer(m.columns()).integer(n).integer(stride)
                            .pointer(0).integer(1).integer(0);
                    gpu.launch("matvec_codes_" + m.type() + "_" + at, rowBlocks(m), (n + at - 1) / at, 1, 128);
                }
                default -> {
                    // quantised weights times floats, which is exact and slow, have fewer kernels
                    int at = n > 1 && m.type().isQuantised() ? FEW : together(n);
                    gpu.arguments().weights(m).pointer(input.floats()).pointer(y).pointer(part.bias())
                            .integer(m.rows()).integer(m.columns()).integer(n).integer(stride).pointer(0).integer(1)
                            .integer(0);
                    gpu.launch("matvec_floats_" + m.type() + "_" + at, rowBlocks(m), (n + at - 1) / at, 1, 128);
                }
            }
        }
    }

    /** Columns that a kernel takes at once, of those for few of them. */
    private static int together(int columns) {
        return columns <= 2 ? columns : columns <= 4 ? 4 : FEW;
    }

    private static int rowBlocks(Matrix m) {
        return (m.rows() + MATVEC_ROWS - 1) / MATVEC_ROWS;
    }

    /** As in experts.cu. */
    private static int gating(Blueprint.Gating gating) {
        return switch (gating) {
            case SIGMOID -> 0;
            case SOFTMAX -> 1;
            case SOFTMAX_OF_PICKED -> 2;
        };
    }
}
