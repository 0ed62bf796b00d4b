/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.api.BackendException;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.backend.StepCheck;
import dev.millrace.spi.model.Graph;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A loaded graph. Checks what it is asked, cuts it into micro-batches and runs sequences of equal length together; owns the session with
 * its threads, and the sequences.
 */
final class OnnxExecutor implements Executor {

    /** Tokens in one run at most: more make prefill no faster and take memory for activations. */
    private static final int MOST_TOKENS = 512;
    /** Sequences in one run at most. */
    private static final int MOST_ROWS = 16;
    /** Most graphs compute logits of all tokens, wanted or not; a run gets no more tokens than fit here. */
    private static final long LOGIT_BYTES = 64L << 20;

    private static final System.Logger LOG = System.getLogger(OnnxExecutor.class.getName());

    private static final Limits LIMITS = Limits.of(MOST_TOKENS).withStates(true).withSharedForks(true);

    private final Graph graph;
    private final String variant;
    private final GraphPorts ports;
    private final int context;
    private final OrtSession session;
    private final CacheFactory factory;
    private final GraphRun run;
    private final int microBatch;
    private final Set<OnnxSequence> sequences = Collections.newSetFromMap(new IdentityHashMap<>());
    private final StepCheck stepCheck;
    /** Whether sequences may stand on more memory than they need. */
    private boolean unsettled;
    private boolean closed;

    /**
     * Takes over a session and runs it for the first time.
     *
     * @throws OrtException if it cannot be run; nothing but the session stays behind
     */
    OnnxExecutor(Graph graph, String variant, int context, OrtEnvironment environment, OrtSession session,
            GraphPorts ports) throws OrtException {
        this.graph = graph;
        this.variant = variant;
        this.ports = ports;
        this.context = context;
        this.session = session;
        this.factory = new CacheFactory(environment, ports.caches());
        this.run = new GraphRun(environment, session, ports, graph.vocabularySize());
        long affordable = run.limitsLogits() ? MOST_TOKENS : LOGIT_BYTES / 4 / graph.vocabularySize();
        this.stepCheck = new StepCheck(graph, context, LIMITS);
        this.microBatch = Math.min(ports.mostTokens(), Math.clamp(affordable, 16, MOST_TOKENS));
        probe();
    }

    private void probe() throws OrtException {
        CacheSet empty = factory.empty().hold();
        try {
            run.probe(empty);
        } catch (OrtException | RuntimeException | Error e) {
            run.close();
            throw e;
        } finally {
            empty.release();
        }
    }

    @Override
    public String variant() {
        return variant;
    }

    /** Refuses use after close. */
    void check() {
        if (closed) {
            throw new IllegalStateException("This model has been closed on the ONNX backend.");
        }
    }

    OnnxSequence adopt(OnnxSequence sequence) {
        sequences.add(sequence);
        return sequence;
    }

    void forget(OnnxSequence sequence) {
        sequences.remove(sequence);
        unsettled = true;
    }

    /** Memory of all that was read, in bytes; rows that several sequences stand on count once. */
    long cacheBytes() {
        Set<CacheSet> sets = new HashSet<>();
        sequences.forEach(sequence -> sets.add(sequence.caches()));
        return sets.stream().mapToLong(set -> set.rows() * ports.caches().stream()
                .mapToLong(cache -> cache.values(set.tokens()) * cache.type().size).sum()).sum();
    }

    /** Time spent inside ONNX Runtime so far, in nanoseconds. */
    long nanos() {
        return run.nanos();
    }

    @Override
    public Limits limits() {
        return LIMITS;
    }

    @Override
    public Sequence newSequence() {
        check();
        try {
            return adopt(new OnnxSequence(this, factory.empty(), 0, new int[0]));
        } catch (OrtException | OutOfMemoryError e) {
            throw failed("A sequence cannot be started", e);
        }
    }

    @Override
    public Sequence newSequence(SequenceState state) {
        check();
        state.check(graph);
        if (state.length() > context) {
            throw new IllegalArgumentException("The state holds " + state.length()
                    + " tokens, more than the context of " + context + " that this model was loaded with.");
        }
        try {
            return adopt(new OnnxSequence(this, factory.imported(state), 0, state.tokens()));
        } catch (OrtException | OutOfMemoryError e) {
            throw failed("A state cannot be taken over", e);
        }
    }

    /** Lets a sequence start again. */
    boolean restart(OnnxSequence sequence) {
        try {
            sequence.clear(factory.empty());
            unsettled = true;
            return true;
        } catch (OrtException | OutOfMemoryError e) {
            throw failed("A sequence cannot be started again", e);
        }
    }

    SequenceState export(OnnxSequence sequence, int[] tokens) {
        SequenceState state = SequenceState.allocate(graph, tokens, factory.keyValueType());
        try {
            factory.export(sequence.source(), state);
            return state;
        } catch (RuntimeException | Error e) {
            state.close();
            throw e;
        }
    }

    @Override
    public void forward(List<Step> steps) {
        check();
        for (int i = 0; i < steps.size(); i++) {
            check(steps.get(i));
        }
        stepCheck.check(steps);
        if (steps.size() == 1) {
            compute(steps);
        } else {
            for (List<Step> batch : batches(steps)) {
                compute(batch);
            }
        }
        settle();
    }

    /**
     * Computes a group of steps. What fails together is tried again one by one, so that each step fails alone: a run that failed
     * has changed no sequence, as caches are never written in place.
     */
    private void compute(List<Step> group) {
        try {
            feed(group);
        } catch (OrtException | RuntimeException | OutOfMemoryError e) {
            if (group.size() == 1) {
                fail(group.getFirst(), e);
            } else {
                for (Step step : group) {
                    compute(List.of(step));
                }
            }
        }
    }

    private static void fail(Step step, Throwable problem) {
        sequence(step).fail();
        step.fail(problem instanceof OutOfMemoryError
                ? new BackendException("There is no memory left to compute this step; close other conversations.",
                        problem)
                : failed("ONNX Runtime failed while it computed", problem));
    }

    /**
     * Sequences that stay behind in a set which others have left get a smaller one: one row would keep the memory of all, and a
     * beginning that of the whole. Where there is no memory for that, they stay.
     */
    private void settle() {
        if (!unsettled) {
            return;
        }
        unsettled = false;
        Map<CacheSet, Map<Integer, List<OnnxSequence>>> held = new HashMap<>();
        for (OnnxSequence sequence : sequences) {
            held.computeIfAbsent(sequence.caches(), any -> new HashMap<>())
                    .computeIfAbsent(sequence.row(), any -> new ArrayList<>()).add(sequence);
        }
        try {
            for (Map.Entry<CacheSet, Map<Integer, List<OnnxSequence>>> set : held.entrySet()) {
                Collection<List<OnnxSequence>> rows = set.getValue().values();
                boolean needed = rows.stream().flatMap(List::stream).anyMatch(one -> !one.isBehind());
                if (rows.size() < set.getKey().rows() || !needed) {
                    for (List<OnnxSequence> row : rows) {
                        leave(row);
                    }
                }
            }
        } catch (OrtException | OutOfMemoryError e) {
            LOG.log(System.Logger.Level.DEBUG, "a sequence stays in a shared set", e);
        }
    }

    /** Gives sequences that stand on one row a set that holds what the longest of them has read. */
    private void leave(List<OnnxSequence> row) throws OrtException {
        OnnxSequence longest = row.stream().max(Comparator.comparingInt(OnnxSequence::length)).orElseThrow();
        CacheSet own = factory.gathered(List.of(longest.source()));
        for (OnnxSequence sequence : row) {
            follow(sequence, own, 0);
        }
    }

    /**
     * A sequence goes on with another row. Those that stood where it stood go along, unless they are computed now: their tokens are
     * the beginning of that row, so what is kept of a conversation on its way takes no memory of its own but columns.
     */
    private void advance(OnnxSequence sequence, CacheSet next, int row, List<Step> steps) {
        CacheSet from = sequence.caches();
        if (from.holders() > 1 && sequence.length() > 0 && !sequence.isBehind()) {
            try {
                for (OnnxSequence other : sequences) {
                    if (other.caches() == from && other.row() == sequence.row()
                            && steps.stream().noneMatch(step -> step.sequence() == other)) {
                        follow(other, next, row);
                    }
                }
            } catch (OutOfMemoryError e) {
                LOG.log(System.Logger.Level.DEBUG, "a sequence stays in a set of its own", e);
            }
        }
        sequence.become(next, row);
    }

    private void follow(OnnxSequence sequence, CacheSet next, int row) {
        List<byte[]> columns = List.of();
        if (sequence.length() < next.tokens()) {
            columns = sequence.isBehind()
                    ? sequence.source().columns()
                    : factory.columns(sequence.caches(), sequence.row());
        }
        sequence.follow(next, row, columns);
    }

    private void check(Step step) {
        if (!(step.sequence() instanceof OnnxSequence sequence) || !sequence.belongsTo(this)) {
            throw new IllegalArgumentException("A step's sequence belongs to another model or backend.");
        }
        sequence.check();
    }

    private static OnnxSequence sequence(Step step) {
        return (OnnxSequence) step.sequence();
    }

    /**
     * Steps that can share a run: sequences of equal length that are fed one token each. Longer steps keep the processor busy by
     * themselves, and GroupQueryAttention takes only one sequence where there is a past.
     */
    private List<List<Step>> batches(List<Step> steps) {
        List<Step> sorted = new ArrayList<>(steps);
        // rows that stand in one set already stay together and in order
        sorted.sort(Comparator.<Step>comparingInt(s -> s.sequence().length()).thenComparingInt(Step::length)
                .thenComparingInt(s -> System.identityHashCode(sequence(s).caches()))
                .thenComparingInt(s -> sequence(s).row()));
        List<List<Step>> batches = new ArrayList<>();
        for (Step step : sorted) {
            List<Step> last = batches.isEmpty() ? List.of() : batches.getLast();
            if (last.isEmpty() || last.size() == Math.min(MOST_ROWS, ports.mostRows())
                    || last.getFirst().sequence().length() != step.sequence().length()
                    || step.length() > 1 || last.getFirst().length() > 1) {
                last = new ArrayList<>();
                batches.add(last);
            }
            last.add(step);
        }
        return batches;
    }

    private void feed(List<Step> steps) throws OrtException {
        gather(steps);
        int length = steps.getFirst().length();
        boolean each = run.givesLastOnly()
                && steps.stream().anyMatch(step -> step.wanted() == Step.Logits.ALL);
        for (int from = 0; from < length;) {
            // a branch for later runs may have been made for one token at a time
            boolean one = each || (ports.has(GraphPorts.Role.BRANCH) && sequence(steps.getFirst()).length() > 0);
            int count = one ? 1 : Math.min(Math.max(1, microBatch / steps.size()), length - from);
            int wanted = 0;
            for (Step step : steps) {
                wanted = Math.max(wanted, wanted(step, from, count));
            }
            CacheSet next = run.run(sequence(steps.getFirst()).caches(), steps, from, count, wanted);
            for (int r = 0; r < steps.size(); r++) {
                take(steps, r, from, count, next);
            }
            from += count;
        }
    }

    /** For how many of the last tokens of a micro-batch a step wants logits. */
    private static int wanted(Step step, int from, int count) {
        return switch (step.wanted()) {
            case NONE -> 0;
            case LAST, BEST -> from + count == step.length() ? 1 : 0;
            case ALL -> count;
        };
    }

    private void take(List<Step> steps, int row, int from, int count, CacheSet next) {
        Step step = steps.get(row);
        OnnxSequence sequence = sequence(step);
        advance(sequence, next, row, steps);
        for (int i = 0; i < count; i++) {
            sequence.append(step.token(from + i));
        }
        int wanted = wanted(step, from, count);
        for (int last = wanted; last > 0; last--) {
            int index = step.wanted() == Step.Logits.ALL ? from + count - last : 0;
            run.logits(row, last, step.logits(), index * graph.vocabularySize());
        }
    }

    /** Sees to it that the steps' sequences are the rows of one set, in order. */
    private void gather(List<Step> steps) throws OrtException {
        CacheSet first = sequence(steps.getFirst()).caches();
        boolean together = first.rows() == steps.size();
        for (int r = 0; r < steps.size() && together; r++) {
            OnnxSequence sequence = sequence(steps.get(r));
            together = sequence.caches() == first && sequence.row() == r && !sequence.isBehind();
        }
        if (together) {
            return;
        }
        CacheSet gathered = factory.gathered(steps.stream()
                .map(step -> sequence(step).source()).toList());
        for (int r = 0; r < steps.size(); r++) {
            advance(sequence(steps.get(r)), gathered, r, steps);
        }
        unsettled = true;
    }

    static BackendException failed(String what, Throwable problem) {
        return switch (problem) {
            case BackendException own -> own;
            case OutOfMemoryError e -> (BackendException) new OutOfRoomException(
                    what + ": there is no memory left for its caches.").initCause(e);
            case OrtException e -> new BackendException(what + ": " + RuntimeWords.of(e) + ".", e);
            default -> new BackendException(what + ": " + problem + ".", problem);
        };
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            for (OnnxSequence sequence : List.copyOf(sequences)) {
                sequence.close();
            }
            run.close();
            try {
                session.close();
            } catch (OrtException e) {
                throw failed("The ONNX session cannot be closed", e);
            }
        }
    }
}
