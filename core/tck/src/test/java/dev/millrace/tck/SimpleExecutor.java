/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.BackendException;
import dev.millrace.spi.backend.Best;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.backend.StepCheck;
import dev.millrace.spi.backend.WithdrawnException;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Attention;
import dev.millrace.spi.model.Blueprint.Dense;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.StateShape;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Computes token by token, in float, and allocates nothing while it does. The model is one of {@link FeatureModels}. */
final class SimpleExecutor implements Executor {

    private static final int MOST_TOKENS = 64;
    private static final int MOST_SEQUENCES = 160;
    private static final int ROLLBACK = 6;
    private static final int LAYERS = 2;
    private static final int KV = 64;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Fault fault;
    private final Blueprint model;
    private final int context;
    private final Arena arena;
    private final CountDownLatch end;
    private final StepCheck check;
    private final float[] embedding;
    private final float[] outputNorm;
    private final float[] head;
    private final Layer[] layers;
    private final double[] frequencies;
    private final float[] stream;
    private final float[] normed;
    private final float[] queries;
    private final float[] mixed;
    private final float[] gate;
    private final float[] up;
    private final float[] scores;
    private Limits limits;
    private long room;
    private int sequences;
    private boolean closed;
    /** Where objects go that nobody needs. */
    @Nullable
    Object garbage;

    /** A layer's weights. */
    private static final class Layer {
        private final float[] mixerNorm;
        private final float[] feedForwardNorm;
        private final float[] query;
        private final float[] key;
        private final float[] value;
        private final float[] output;
        private final float[] gate;
        private final float[] up;
        private final float[] down;

        Layer(Blueprint.Layer layer) {
            Attention a = (Attention) layer.mixer();
            Dense d = (Dense) layer.feedForward();
            mixerNorm = values(Objects.requireNonNull(layer.mixerNorms().before()).weight());
            feedForwardNorm = values(Objects.requireNonNull(layer.feedForwardNorms().before()).weight());
            query = values(a.query().weight());
            key = values(a.key().weight());
            value = values(a.value().weight());
            output = values(a.output().weight());
            gate = values(d.gate().weight());
            up = values(d.up().weight());
            down = values(d.down().weight());
        }
    }

    SimpleExecutor(Fault fault, Blueprint model, int context, int room, Arena arena, CountDownLatch end) {
        this.fault = fault;
        this.model = model;
        this.context = context;
        this.room = room;
        this.arena = arena;
        this.end = end;
        this.limits = Limits.of(MOST_TOKENS).withSequences(MOST_SEQUENCES).withStates(true).withSharedForks(true)
                .withRollback(ROLLBACK).withSameBits(true);
        this.check = new StepCheck(model, context, fault == Fault.TAKES_MORE_TOKENS ? Limits.of(1 << 20) : limits);
        this.embedding = values(model.embedding());
        this.outputNorm = values(model.outputNorm().weight());
        this.head = values(model.head());
        this.layers = model.layers().stream().map(Layer::new).toArray(Layer[]::new);
        Attention a = (Attention) model.layers().getFirst().mixer();
        this.frequencies = ((Position.Rope) a.position()).frequencies(0);
        this.stream = new float[model.hiddenSize()];
        this.normed = new float[model.hiddenSize()];
        this.queries = new float[a.heads() * a.headSize()];
        this.mixed = new float[a.heads() * a.headSize()];
        this.gate = new float[layers[0].gate.length / model.hiddenSize()];
        this.up = new float[gate.length];
        this.scores = new float[context + 1];
    }

    private static float[] values(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.rows() * tensor.columns())];
        try {
            tensor.read(0, (int) tensor.rows(), values, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return values;
    }

    /** Keys and values of one token. */
    static long bytesPerToken() {
        return 2L * LAYERS * KV * Float.BYTES;
    }

    /** Keys and values that forks may share. */
    private static final class Kept {
        private final Arena arena = Arena.ofShared();
        private final MemorySegment data;
        private int holders = 1;

        Kept(int context) {
            data = arena.allocate(context * bytesPerToken(), 64);
        }

        void release() {
            if (--holders == 0) {
                arena.close();
            }
        }

        void set(int token, int layer, int part, float[] from) {
            MemorySegment.copy(from, 0, data, FLOAT, at(token, layer, part), KV);
        }

        float get(int token, int layer, int part, int index) {
            return data.get(FLOAT, at(token, layer, part) + 4L * index);
        }

        private static long at(int token, int layer, int part) {
            return token * bytesPerToken() + (2L * layer + part) * KV * Float.BYTES;
        }
    }

    /** Tokens with their keys and values. */
    static final class Line implements Sequence {

        private final SimpleExecutor owner;
        private Kept kept;
        private final int[] tokens;
        private int length;
        private int most;
        private int floor;
        private boolean cut;
        private boolean failed;
        private boolean closed;
        /** Makes the next step fail. */
        boolean broken;

        private Line(SimpleExecutor owner, Kept kept) {
            this.owner = owner;
            this.kept = kept;
            this.tokens = new int[owner.context];
        }

        private void open() {
            owner.open();
            if ((closed && owner.fault != Fault.LIVES_AFTER_CLOSE)
                    || (failed && owner.fault != Fault.GOES_ON_AFTER_FAILURE)) {
                throw new IllegalStateException("This sequence is closed, or has failed.");
            }
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public Sequence fork() {
            open();
            owner.takePlace();
            Line fork;
            if (owner.fault == Fault.COPIES_FORKS) {
                fork = new Line(owner, new Kept(owner.context));
                fork.kept.data.copyFrom(kept.data);
            } else {
                kept.holders++;
                fork = new Line(owner, kept);
            }
            System.arraycopy(tokens, 0, fork.tokens, 0, length);
            fork.length = length;
            owner.room -= length;
            fork.most = most;
            fork.floor = floor;
            return fork;
        }

        /** Has its keys and values to itself, before they are changed. */
        private void separate() {
            if (kept.holders > 1 && owner.fault != Fault.SHARES_FORKS_FOR_EVER) {
                Kept own = new Kept(owner.context);
                own.data.copyFrom(kept.data);
                kept.release();
                kept = own;
            }
        }

        @Override
        public boolean truncate(int to) {
            open();
            Objects.checkIndex(to, length + 1);
            boolean possible = to == 0 || to == length || (to >= most - ROLLBACK && to >= floor);
            if (owner.fault == Fault.CUTS_NOTHING && possible) {
                return true;
            }
            boolean real = to != 0 && to != length;
            if ((owner.fault == Fault.REFUSES_TO_CUT && real) || (owner.fault == Fault.CUTS_ONCE && cut && real)
                    || (!possible && owner.fault != Fault.CUTS_IN_SECRET)) {
                return false;
            }
            cut = to != length && to != 0;
            owner.room += length - to;
            length = to;
            if (to == 0) {
                most = 0;
                floor = 0;
            }
            return possible;
        }

        @Override
        public SequenceState export() {
            open();
            SequenceState state = SequenceState.allocate(owner.model, Arrays.copyOf(tokens, length), TensorType.F32);
            exchange(state, true);
            return state;
        }

        /** Copies keys and values between the order of the state and that of the sequence. */
        private void exchange(SequenceState state, boolean out) {
            for (int layer = 0; layer < LAYERS; layer++) {
                SequenceState.KeyValues kv = (SequenceState.KeyValues) state.layers().get(layer);
                StateShape.KeyValues shape = kv.shape();
                int count = out && owner.fault == Fault.EXPORTS_TOO_LITTLE ? length - 1 : length;
                for (int part = 0; part < 2; part++) {
                    MemorySegment data = part == 0 ? kv.keys() : kv.values();
                    for (int t = 0; t < count; t++) {
                        for (int i = 0; i < KV; i++) {
                            int at = (i / shape.headSize() * length + t) * shape.headSize() + i % shape.headSize();
                            long own = Kept.at(t, layer, part) + 4L * i;
                            if (out) {
                                data.set(FLOAT, 4L * at, kept.data.get(FLOAT, own));
                            } else {
                                kept.data.set(FLOAT, own, kv.type() == TensorType.F32
                                        ? data.get(FLOAT, 4L * at)
                                        : Float.float16ToFloat(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * at)));
                            }
                        }
                    }
                }
            }
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                owner.sequences--;
                owner.room += length;
                if (owner.fault != Fault.LEAKS_MEMORY) {
                    kept.release();
                }
            }
        }
    }

    @Override
    public Limits limits() {
        return limits;
    }

    private void open() {
        if (closed && fault != Fault.LIVES_AFTER_CLOSE) {
            throw new IllegalStateException("This model has been closed.");
        }
    }

    private void takePlace() {
        if (sequences >= MOST_SEQUENCES && fault != Fault.TAKES_MORE_SEQUENCES) {
            throw new OutOfRoomException("There are " + MOST_SEQUENCES + " sequences already.");
        }
        sequences++;
    }

    @Override
    public Sequence newSequence() {
        open();
        takePlace();
        return new Line(this, new Kept(context));
    }

    @Override
    public Sequence newSequence(SequenceState state) {
        open();
        if (fault != Fault.TAKES_ANY_STATE) {
            state.check(model);
            if (state.length() > context) {
                throw new IllegalArgumentException("The state is longer than the context.");
            }
        }
        takePlace();
        Line line = new Line(this, new Kept(context));
        if (state.layers().size() == LAYERS && state.length() <= context) {
            System.arraycopy(state.tokens(), 0, line.tokens, 0, state.length());
            line.length = state.length();
            room -= line.length;
            line.most = line.length;
            line.floor = line.length;
            line.exchange(state, false);
        }
        return line;
    }

    @Override
    public void forward(List<Step> steps) {
        open();
        for (int i = 0; i < steps.size(); i++) {
            if (!(steps.get(i).sequence() instanceof Line line) || line.owner != this) {
                throw new IllegalArgumentException("A step's sequence belongs to another model or backend.");
            }
            line.open();
        }
        if (fault == Fault.CHECKS_LATE && !steps.isEmpty()) {
            read(steps.getFirst());
        }
        if (fault != Fault.TAKES_ANY_TOKEN) {
            check.check(steps);
        }
        if (fault == Fault.CHANGES_LIMITS) {
            limits = limits.withRollback(0);
        }
        for (int i = fault == Fault.CHECKS_LATE ? 1 : 0; i < steps.size(); i++) {
            read(steps.get(i));
            if (fault == Fault.ALLOCATES_PER_STEP && steps.size() > 1) {
                garbage = new long[64];
            }
        }
        if (fault == Fault.SWAPS_LOGITS && steps.size() > 1 && steps.getFirst().logitRows() == 1
                && steps.getLast().logitRows() == 1) {
            float[] one = steps.getFirst().logits().clone();
            System.arraycopy(steps.getLast().logits(), 0, steps.getFirst().logits(), 0, model.vocabularySize());
            System.arraycopy(one, 0, steps.getLast().logits(), 0, model.vocabularySize());
        }
    }

    private void read(Step step) {
        Line line = (Line) step.sequence();
        if (line.broken && fault != Fault.FORGETS_FAILURE) {
            if (fault == Fault.FAILS_TOGETHER) {
                throw new BackendException("Something is broken in this forward.");
            }
            line.failed = true;
            line.broken = false;
            step.fail(new BackendException("The keys and values of this sequence are broken."));
            return;
        }
        if (step.length() > room) {
            if (fault == Fault.LOSES_WITHOUT_ROOM) {
                line.length += step.length();
            }
            step.fail(new OutOfRoomException("There is no room for " + step.length() + " more tokens."));
            return;
        }
        room -= step.length();
        line.separate();
        int rows = step.logitRows();
        // as long as there are no logits the host chooses nothing
        Best best = step.best();
        for (int i = 0; i < step.length(); i++) {
            if (step.isWithdrawn()) {
                room += step.length();
                line.length -= fault == Fault.LOSES_WHAT_IS_WITHDRAWN ? 0 : i;
                step.fail(new WithdrawnException());
                return;
            }
            int token = Math.floorMod(step.token(i), model.vocabularySize());
            token(line, fault == Fault.FORGETS_POSITIONS ? i : line.length, token);
            line.tokens[line.length++] = token;
            if (fault == Fault.ALLOCATES_PER_TOKEN || (fault == Fault.ALLOCATES_IN_PROMPTS && step.length() > 1)) {
                garbage = new long[4];
            }
            int row = fault == Fault.FIRST_FOR_LAST && rows == 1 ? -i : rows - step.length() + i;
            if (row >= 0 && rows > 0 && row < rows) {
                logits(step.logits(), row * model.vocabularySize());
                if (fault == Fault.ROUNDS_IN_COMPANY && step.length() > 1) {
                    step.logits()[row * model.vocabularySize()] *= 1.0000001f;
                }
            }
        }
        line.most = Math.max(line.most, line.length);
        if (step.wanted() == Step.Logits.BEST) {
            choose(best, step.logits());
        }
    }

    // ---- the network

    private void token(Line line, int position, int token) {
        int hidden = stream.length;
        System.arraycopy(embedding, token * hidden, stream, 0, hidden);
        Attention a = (Attention) model.layers().getFirst().mixer();
        for (int l = 0; l < layers.length; l++) {
            Layer layer = layers[l];
            norm(layer.mixerNorm);
            multiply(layer.query, normed, queries, false);
            turn(queries, a, position);
            multiply(layer.key, normed, mixed, false, KV);
            turn(mixed, a, position);
            line.kept.set(line.length, l, 0, mixed);
            multiply(layer.value, normed, mixed, false, KV);
            line.kept.set(line.length, l, 1, mixed);
            for (int h = 0; h < a.heads(); h++) {
                attend(line, l, a, h);
            }
            multiply(layer.output, mixed, stream, true);
            norm(layer.feedForwardNorm);
            multiply(layer.gate, normed, gate, false);
            multiply(layer.up, normed, up, false);
            for (int i = 0; i < gate.length; i++) {
                gate[i] = (float) (gate[i] / (1 + Math.exp(-gate[i]))) * up[i];
            }
            multiply(layer.down, gate, stream, true);
        }
    }

    private void attend(Line line, int layer, Attention a, int head) {
        int size = a.headSize();
        int at = head * size;
        int kvAt = head / (a.heads() / a.kvHeads()) * size;
        float most = Float.NEGATIVE_INFINITY;
        for (int s = 0; s <= line.length; s++) {
            float dot = 0;
            for (int i = 0; i < size; i++) {
                dot += queries[at + i] * line.kept.get(s, layer, 0, kvAt + i);
            }
            scores[s] = dot * a.scale();
            most = Math.max(most, scores[s]);
        }
        float sum = 0;
        for (int s = 0; s <= line.length; s++) {
            scores[s] = (float) Math.exp(scores[s] - most);
            sum += scores[s];
        }
        for (int i = 0; i < size; i++) {
            float value = 0;
            for (int s = 0; s <= line.length; s++) {
                value += scores[s] * line.kept.get(s, layer, 1, kvAt + i);
            }
            mixed[at + i] = value / sum;
        }
    }

    private void turn(float[] all, Attention a, int position) {
        int half = a.headSize() / 2;
        for (int at = 0; at < all.length; at += a.headSize()) {
            for (int j = 0; j < half; j++) {
                float cosine = (float) Math.cos(position * frequencies[j]);
                float sine = (float) Math.sin(position * frequencies[j]);
                float x = all[at + j];
                float y = all[at + j + half];
                all[at + j] = x * cosine - y * sine;
                all[at + j + half] = y * cosine + x * sine;
            }
        }
    }

    private void norm(float[] weight) {
        float squares = 0;
        for (float value : stream) {
            squares += value * value;
        }
        float factor = (float) (1 / Math.sqrt(squares / stream.length + model.outputNorm().epsilon()));
        for (int i = 0; i < stream.length; i++) {
            normed[i] = stream[i] * factor * weight[i];
        }
    }

    private static void multiply(float[] matrix, float[] x, float[] y, boolean add) {
        multiply(matrix, x, y, add, y.length);
    }

    private static void multiply(float[] matrix, float[] x, float[] y, boolean add, int rows) {
        for (int r = 0; r < rows; r++) {
            float sum = add ? y[r] : 0;
            int columns = matrix.length / rows;
            for (int c = 0; c < columns; c++) {
                sum += matrix[r * columns + c] * x[c];
            }
            y[r] = sum;
        }
    }

    private void logits(float[] into, int at) {
        norm(outputNorm);
        int hidden = stream.length;
        for (int v = 0; v < model.vocabularySize(); v++) {
            float sum = 0;
            for (int i = 0; i < hidden; i++) {
                sum += head[v * hidden + i] * normed[i];
            }
            into[at + v] = sum;
        }
    }

    /** Chooses the largest itself where that can go wrong; else the host does it. */
    private void choose(Best best, float[] row) {
        switch (fault) {
            case IGNORES_MASK -> {
                long[] mask = best.allowed();
                best.allow(null).choose(row);
                best.logSum();
                best.allow(mask);
            }
            case IGNORES_PENALTIES -> {
                Best free = new Best(model.vocabularySize()).count(best.count()).allow(best.allowed());
                free.choose(row);
                give(best, free, free.logSum(), false);
            }
            case SUMS_THE_BEST -> {
                best.choose(row);
                double sum = 0;
                for (int i = 0; i < best.size(); i++) {
                    sum += Math.exp(best.logit(i));
                }
                give(best, best, (float) Math.log(sum), false);
            }
            case TURNS_TIES -> {
                best.choose(row);
                give(best, best, best.logSum(), true);
            }
            default -> {
                // the host chooses
            }
        }
    }

    private static void give(Best to, Best from, float sum, boolean turned) {
        int size = from.size();
        int[] ids = new int[size];
        float[] logits = new float[size];
        for (int i = 0; i < size; i++) {
            ids[i] = from.id(turned ? size - 1 - i : i);
            logits[i] = from.logit(turned ? size - 1 - i : i);
        }
        for (int i = 0; i < size; i++) {
            to.put(i, ids[i], logits[i]);
        }
        to.found(size, sum);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (fault != Fault.LEAKS_MEMORY) {
                arena.close();
            }
            if (fault != Fault.LEAKS_A_THREAD) {
                end.countDown();
            }
        }
    }
}
