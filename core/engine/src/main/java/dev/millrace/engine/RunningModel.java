/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.BackendException;
import dev.millrace.api.BackendHangsException;
import dev.millrace.api.Capability;
import dev.millrace.api.Conversation;
import dev.millrace.api.Device;
import dev.millrace.api.DeviceVerdict;
import dev.millrace.api.Model;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.ModelHealth;
import dev.millrace.api.ModelInfo;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolSelection;
import dev.millrace.api.setting.Settings;
import dev.millrace.engine.cache.Fingerprint;
import dev.millrace.engine.cache.PrefixRoom;
import dev.millrace.engine.cache.Prefixes;
import dev.millrace.engine.draft.Speculation;
import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.engine.observe.FlightEvent;
import dev.millrace.engine.schedule.Scheduler;
import dev.millrace.engine.talk.Conversations;
import dev.millrace.engine.talk.Extensions;
import dev.millrace.engine.talk.ModelParts;
import dev.millrace.machine.Memory;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.ExecutorLostException;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.text.Dialect;
import dev.millrace.text.prompt.PromptWriter;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An open model with its conversations. */
final class RunningModel implements Model {

    private static final System.Logger LOG = System.getLogger(RunningModel.class.getName());

    /** Bytes for what was read, while a model is not loaded. */
    private static final long STATES_OF_UNLOADED = 64L << 20;

    private final ModelFile file;
    private final String name;
    private final PromptTokenizer tokenizer;
    private final Services services;
    private final ModelOptions options;
    private final ModelMeters meters;
    private final Consumer<RunningModel> onClose;
    private final Scheduler scheduler;
    private final Prefixes prefixes;
    private final ModelParts parts;
    private final Extensions extensions;
    private final Conversations conversations;
    private final ReentrantLock moving = new ReentrantLock();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Choosers choosers;
    private final Semaphore arrivals = new Semaphore(0);
    private volatile LoadedProgram running;
    private volatile List<DeviceVerdict> verdicts;
    /** Whether somebody said where it is to run. */
    private volatile boolean pinned;
    /** Whether its backend has gone and it waits for another. */
    private volatile boolean homeless;
    /** Whether its weights were freed because nobody uses it. */
    private volatile boolean unloaded;
    private volatile @Nullable Known known;

    private record Known(LoadedProgram of, Fingerprint fingerprint) {
    }

    /** Makes what chooses among backends. */
    interface Choosers {

        /** For a model that is open: what it may still take itself counts as free. */
        Chooser among(List<Backend> backends, ModelFile file, RunningModel moving);
    }

    RunningModel(LoadedModel loaded, LoadedProgram running, List<DeviceVerdict> verdicts, Services services,
            Choosers choosers, ModelOptions options, List<String> toolNames, PrefixRoom room,
            ModelMeters meters,
            Consumer<RunningModel> onClose) {
        this.meters = meters;
        this.verdicts = verdicts;
        this.choosers = choosers;
        this.file = loaded.file();
        this.name = loaded.file().name();
        this.tokenizer = loaded.tokenizer();
        this.services = services;
        this.options = options.withContext(loaded.options().context());
        this.onClose = onClose;
        this.running = running;
        Settings settings = services.settings;
        ModelLimits limits = ModelLimits.of(settings, name);
        Dialect dialect = Speech.dialect(file, tokenizer, services.dialects,
                Optional.ofNullable(options.dialect()).or(() -> settings.find(EngineSettings.DIALECT, name).value()));
        PromptWriter prompts = Speech.prompts(file, tokenizer, dialect);
        ModelInfo info = loaded.info();
        this.scheduler = new Scheduler(name, loaded.executor(), info.vocabularySize(), this::rescue,
                services.patience, limits.betweenTokens().toNanos(), meters);
        this.prefixes = new Prefixes(scheduler, () -> this.running.place().program(), info.contextLength(),
                () -> this.running.key(), room, valueBytes(options), meters);
        Set<Integer> endTokens = Speech.endTokens(file, tokenizer, prompts);
        Speculation speculation = new Speculation(settings.get(EngineSettings.SPECULATION, name), scheduler,
                () -> this.running.place().program(), endTokens);
        this.parts = new ModelParts(info, () -> this.running.place().program(), this::fingerprint, tokenizer, prompts,
                dialect, endTokens, file.sampling(), options.precision(), scheduler, prefixes, speculation, meters,
                CallStrictness.of(options.strictness(), settings.get(EngineSettings.STRICT, name), info));
        this.extensions = new Extensions(() -> services.guards, services.watch, () -> services.stages,
                () -> services.tools, () -> suggested(toolNames), services::toolSelectors,
                settings.find(EngineSettings.TOOLS, name).value().orElse(ToolSelection.DEFAULT));
        this.conversations = new Conversations(name, limits.answers(), this::wake);
        if (limits.idle().isPositive()) {
            Thread.ofVirtual().name("millrace-idle-" + name).start(() -> watchIdle(limits.idle()));
        }
    }

    /** About how many bytes a key or value takes. */
    private static int valueBytes(ModelOptions options) {
        return switch (options.keyValues()) {
            case F32 -> Float.BYTES;
            case F16 -> Short.BYTES;
            case Q8 -> Byte.BYTES;
            case AUTO -> options.precision() == Precision.EXACT ? Float.BYTES : Short.BYTES;
        };
    }

    /** By what the program that runs now is known again. Reads some weights, so it is taken once. */
    private Fingerprint fingerprint() {
        LoadedProgram now = running;
        Known last = known;
        if (last == null || !last.of().equals(now)) {
            try {
                last = new Known(now, Fingerprint.of(file, now.place().program(), now.info(file).quantisation(),
                        now.variant(), now.identity(), tokenizer.size(), tokenizer::bytes));
            } catch (IOException e) {
                throw new ModelFormatException(file.path(), "weights", "cannot be read: " + e.getMessage(), e);
            }
            known = last;
        }
        return last.fingerprint();
    }

    @Override
    public ModelInfo info() {
        return running.info(file);
    }

    @Override
    public PromptTokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public Set<Capability> capabilities() {
        return parts.prompts().capabilities();
    }

    @Override
    public Sampling defaults() {
        return file.sampling();
    }

    @Override
    public Device device() {
        return running.place().device();
    }

    @Override
    public List<DeviceVerdict> verdicts() {
        return verdicts;
    }

    @Override
    public Conversation.Builder conversation() {
        return conversations.builder(parts, extensions);
    }

    @Override
    public void moveTo(String backend) {
        move(() -> choice(services.backends, backend));
        pinned = true;
    }

    private Choice choice(List<Backend> among, @Nullable String backend) {
        return choosers.among(among, file, this).forMove(file.programs(), options.withBackend(backend));
    }

    private void move(Supplier<Choice> choice) {
        FlightEvent event = FlightEvent.begin(FlightEvent.Kind.SWAP);
        long start = System.nanoTime();
        String from = device().id();
        boolean done = false;
        moving.lock();
        try {
            if (closing.get()) {
                throw new IllegalStateException(conversations.end("The model is closed."));
            }
            Choice chosen = choice.get();
            Placement next = chosen.place();
            if (!next.device().id().equals(running.place().device().id())) {
                prefixes.beforeMove();
            }
            if (!next.crowded() && next.bytes() <= Memory.now().available()) {
                LoadedProgram loaded = load(next);
                scheduler.move(loaded.executor(), () -> running = loaded);
            } else {
                exchange(next);
            }
            verdicts = chosen.verdicts();
            homeless = false;
            unloaded = false;
            done = true;
            LOG.log(System.Logger.Level.INFO, "{0} runs on {1} now. {2}", name, next.device().id(),
                    chosen.verdicts().stream().map(DeviceVerdict::toString).collect(Collectors.joining(" ")));
        } finally {
            moving.unlock();
            meters.moved(done, System.nanoTime() - start);
            event.done(name, from, device().id(), done);
        }
        leaveIfGone();
    }

    /** Where memory is short: the old weights are freed before the new ones are loaded. */
    private void exchange(Placement next) {
        Placement old = running.place();
        long free = Memory.now().available();
        LOG.log(System.Logger.Level.INFO,
                "There is too little memory for {0} twice ({1} bytes on {2}, {3} are free): it is closed on {4} first, and"
                        + " answers wait meanwhile.",
                name, Long.toString(next.bytes()), next.device().id(), Long.toString(free), old.device().id());
        AtomicBoolean lost = new AtomicBoolean();
        try {
            AtomicReference<@Nullable LoadedProgram> loaded = new AtomicReference<>();
            scheduler.exchange(() -> {
                loaded.set(load(next));
                return Objects.requireNonNull(loaded.get()).executor();
            }, () -> {
                LOG.log(System.Logger.Level.WARNING, "{0} goes back to {1}.", name, old.device().id());
                lost.set(true);
                LoadedProgram again = load(old);
                running = again;
                lost.set(false);
                return again.executor();
            }, () -> running = Objects.requireNonNull(loaded.get()), free / 2);
        } catch (RuntimeException | Error e) {
            if (lost.get()) {
                later(this::close);
            }
            throw e;
        }
    }

    /** How it is now. */
    ModelHealth health() {
        ModelHealth.State state = ModelHealth.State.READY;
        String reason = "";
        Optional<BackendException> lost = scheduler.lost();
        if (unloaded && lost.isEmpty()) {
            state = ModelHealth.State.UNLOADED;
            reason = "Nobody used it for a while: the next answer loads it again.";
        } else if (homeless) {
            state = ModelHealth.State.MOVING;
            reason = name + " waits for a backend, because its own went away.";
        } else if (moving.isLocked()) {
            state = ModelHealth.State.MOVING;
            reason = name + " is being moved: its answers go on in a moment.";
        } else if (lost.isPresent()) {
            state = ModelHealth.State.LOST;
            reason = lost.get().getMessage();
        }
        return new ModelHealth(name, state, device(), reason, conversations.answers(), scheduler.waiting());
    }

    /** What can be counted at this moment. */
    ModelGauges gauges() {
        return new ModelGauges(name, conversations.size(), conversations.answers(), scheduler.waiting(),
                scheduler.sequences(), prefixes.bytes(), running.place().bytes());
    }

    private LoadedProgram load(Placement where) {
        return where.load(file, meters, (what, fraction) -> {
            if (closing.get()) {
                throw new CancellationException("The model is being closed.");
            }
            options.progress().update(what, fraction);
        });
    }

    /** Moves away if its backend has gone meanwhile. Called once the model stands in the list of those that are told of that. */
    void leaveIfGone() {
        Placement now = running.place();
        if (services.backends.stream().noneMatch(now::runsOn)) {
            leave(now.backend());
        }
    }

    /** The backend is going away: moves to another on a new thread, or closes if no other backend can run the model. */
    void leave(Backend backend) {
        if (!running.place().runsOn(backend)) {
            return;
        }
        later(() -> {
            try {
                move(() -> choice(services.backends, null));
                LOG.log(System.Logger.Level.INFO, "{0} moved to {1}, because {2} went away.", name,
                        device().id(), backend.id());
            } catch (RuntimeException | Error e) {
                if (!closing.get()) {
                    awaitBackend(backend, e);
                }
            }
        });
    }

    /** No other backend can run it: it keeps its states, and waits for one that can, as after an update. Then it ends. */
    private void awaitBackend(Backend gone, Throwable why) {
        BackendException problem = new BackendException(
                name + " waits for a backend, because " + gone.id() + " went away. " + why.getMessage(), why);
        LOG.log(System.Logger.Level.WARNING, problem.getMessage());
        arrivals.drainPermits();
        homeless = true;
        long seconds = services.settings.get(EngineSettings.BACKEND_WAIT);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        try {
            scheduler.park(problem, Memory.now().available() / 2);
            while (!closing.get()) {
                if (canMove()) {
                    return;
                }
                if (!arrivals.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    String closed = "The model " + name + " is closed, because " + gone.id()
                            + " went away and no other backend that can run it came within " + seconds + " s.";
                    LOG.log(System.Logger.Level.WARNING, closed);
                    conversations.cancel(closed);
                    close();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
        }
    }

    private boolean canMove() {
        try {
            move(() -> choice(services.backends, null));
            return true;
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.DEBUG, "There is no other backend yet.", e);
            return false;
        }
    }

    /** A backend has come: a model that waits for one goes on there; one that nobody put in its place moves if it is better. */
    void joined(Backend backend) {
        if (homeless) {
            arrivals.release();
        } else if (!pinned && options.backend() == null) {
            later(() -> moveIfBetter(backend));
        }
    }

    private void moveIfBetter(Backend backend) {
        try {
            Choice best = choosers.among(services.backends, file, this).choose(file.programs(), options);
            Placement now = running.place();
            boolean listed = services.backends.stream().anyMatch(now::runsOn);
            if (best.place().runsOn(backend) && !now.runsOn(backend) && listed && !closing.get()) {
                move(() -> best);
            }
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.INFO, "{0} stays on {1}: {2}", name, device().id(), e.getMessage());
        }
    }

    // ---- freed while nobody uses it

    private void watchIdle(Duration most) {
        try {
            while (!closed.await(Math.max(1, most.toMillis() / 4), TimeUnit.MILLISECONDS)) {
                if (conversations.idleNanos() >= most.toNanos()) {
                    unload();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void unload() {
        if (unloaded || homeless || !moving.tryLock()) {
            return;
        }
        try {
            if (!closing.get() && conversations.answers() == 0) {
                unloaded = true;
                scheduler.park(new BackendException(name + " is loaded again, since nobody used it for a while."),
                        STATES_OF_UNLOADED);
                LOG.log(System.Logger.Level.INFO, "{0} is unloaded until it is used again.", name);
            }
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "The model was closed meanwhile.", e);
        } finally {
            moving.unlock();
        }
        if (conversations.answers() > 0) {
            wake();
        }
    }

    /** An answer is asked for. */
    private void wake() {
        if (unloaded) {
            later(this::loadAgain);
        }
    }

    private void loadAgain() {
        moving.lock();
        try {
            if (!unloaded) {
                return;
            }
            Placement old = running.place();
            boolean there = services.backends.stream().anyMatch(old::runsOn);
            move(() -> there ? new Choice(old, verdicts) : choice(services.backends, null));
        } catch (RuntimeException | Error e) {
            giveUp(e instanceof BackendException known
                    ? known
                    : new BackendException(name + " cannot be loaded again: " + e.getMessage(), e));
        } finally {
            moving.unlock();
        }
    }

    /** Bytes that its conversations may still take. */
    long promised() {
        long context = running.place().bytes() - info().weightBytes();
        return Math.max(0, context - prefixes.bytes());
    }

    /** The backend failed twice for the same tokens, hangs, or has lost its executor: another one is tried. */
    private void rescue(BackendException problem) {
        Placement failing = running.place();
        services.backOff.failed(failing.backend(), failing.device(), String.valueOf(problem.getMessage()));
        later(() -> {
            try {
                move(() -> choice(services.backends.stream().filter(one -> !failing.runsOn(one))
                        .filter(one -> one.devices().stream()
                                .anyMatch(device -> services.backOff.reason(one, device).isEmpty()))
                        .toList(), null));
                LOG.log(System.Logger.Level.WARNING, "{0} moved to {1}, because {2} failed: {3}", name,
                        device().id(), failing.device().id(), problem.getMessage());
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.DEBUG, "There is no other backend.", e);
                if (problem instanceof BackendHangsException || problem instanceof ExecutorLostException) {
                    startAgain(failing, problem);
                } else {
                    giveUp(problem);
                }
            }
        });
    }

    /** No other backend is there, and nothing computes any more: the model is loaded a second time where it was. */
    private void startAgain(Placement hanging, BackendException problem) {
        try {
            move(() -> new Choice(hanging, verdicts));
            LOG.log(System.Logger.Level.WARNING, "{0} was loaded again on {1}: {2}", name, device().id(),
                    problem.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.DEBUG, "It cannot be loaded again.", e);
            giveUp(problem);
        }
    }

    private void giveUp(BackendException problem) {
        try {
            scheduler.giveUp(problem);
        } catch (IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, "The model was closed meanwhile.", e);
        }
    }

    private void later(Runnable work) {
        Thread.ofVirtual().name("millrace-move").start(work);
    }

    private List<ToolProvider> suggested(List<String> names) {
        return services.tools.stream().filter(provider -> names.contains(provider.name())).toList();
    }

    /** Asks all its answers to end, without waiting for them: it is about to be closed. */
    void cancel() {
        conversations.cancel();
    }

    /**
     * Ends all. Holds no lock while it waits for answers, since their tools may call this, too. A second call waits for the
     * first, unless it comes from such a tool.
     */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            if (!conversations.isOwnThread()) {
                awaitClosed();
            }
            return;
        }
        arrivals.release();
        try {
            conversations.close();
            // what is loading ends soon
            moving.lock();
            try {
                prefixes.close();
                scheduler.close();
                // what hangs still reads the weights
                scheduler.afterAll(file::close);
            } finally {
                moving.unlock();
            }
        } finally {
            onClose.accept(this);
            closed.countDown();
        }
    }

    private void awaitClosed() {
        boolean interrupted = false;
        while (closed.getCount() > 0) {
            try {
                closed.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
