/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.remote;

import dev.millrace.api.BackendException;
import dev.millrace.api.Capability;
import dev.millrace.api.Conversation;
import dev.millrace.api.Device;
import dev.millrace.api.DeviceVerdict;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelHealth;
import dev.millrace.api.ModelInfo;
import dev.millrace.api.Sampling;
import dev.millrace.api.Tokenizer;
import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.engine.talk.Conversations;
import dev.millrace.engine.talk.Extensions;
import dev.millrace.engine.talk.RemoteParts;
import dev.millrace.spi.remote.RemoteModel;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/** An open model that runs elsewhere, with its conversations. */
public final class RunningRemote implements Model {

    /** What is left as it is here is left to the other side. */
    private static final Sampling LEFT_TO_IT = new Sampling(1, 0, 1, 0, 1, OptionalLong.empty());

    private final RemoteModel remote;
    private final Optional<Substitute> substitute;
    private final Relay relay;
    private final RemoteParts parts;
    private final Extensions extensions;
    private final Conversations conversations;
    private final Consumer<RunningRemote> onClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * An open model.
     *
     * @param remote closed with this
     * @param open opens a model of this machine by its reference
     * @param extensions what plugins add to conversations
     * @param meters told of what happens in answers
     * @param answers the most at a time
     * @param clock tells how long it is left alone
     * @param onClose told once it is closed
     */
    public RunningRemote(RemoteModel remote, Function<String, Model> open, Extensions extensions, ModelMeters meters,
            int answers, InstantSource clock, Consumer<RunningRemote> onClose) {
        this.remote = remote;
        this.extensions = extensions;
        this.onClose = onClose;
        this.substitute = remote.fallback().map(way -> new Substitute(() -> open.apply(way.reference())));
        this.relay = new Relay(remote, substitute,
                remote.fallback().map(RemoteModel.Fallback::pause).orElse(Duration.ZERO), clock);
        this.parts = new RemoteParts(remote::info, remote.device().id(), relay, LEFT_TO_IT, meters);
        this.conversations = new Conversations(remote.info().name(), answers, () -> {
            // nothing is kept here that would have to be woken
        });
    }

    @Override
    public ModelInfo info() {
        return remote.info();
    }

    @Override
    public Tokenizer tokenizer() {
        throw new MillraceException("The tokenizer of " + remote.device().id()
                + " is not here, because the model runs elsewhere: take a model of this machine.");
    }

    /** The other side does not tell, and what is asked for is passed on. */
    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.values());
    }

    @Override
    public Sampling defaults() {
        return LEFT_TO_IT;
    }

    @Override
    public Device device() {
        return remote.device();
    }

    @Override
    public List<DeviceVerdict> verdicts() {
        return List.of(new DeviceVerdict(device(), DeviceVerdict.Outcome.CHOSEN, 1,
                "It runs there: " + device().description() + "."));
    }

    @Override
    public Conversation.Builder conversation() {
        if (closed.get()) {
            throw new IllegalStateException("The model is closed.");
        }
        return conversations.builder(parts, extensions);
    }

    @Override
    public void moveTo(String backend) {
        if (!backend.equals(device().id()) && !backend.equals(device().backend())) {
            throw new BackendException("The model " + device().id() + " runs elsewhere and cannot move to " + backend
                    + ": open a model of this machine, or name one as its fallback.");
        }
    }

    /**
     * How it is.
     *
     * @return ready if it, or another model in its place, can answer; lost if its last answer failed and nobody takes its place
     */
    public ModelHealth health() {
        String problem = relay.problem();
        boolean lost = !problem.isEmpty() && substitute.isEmpty();
        return new ModelHealth(info().name(), lost ? ModelHealth.State.LOST : ModelHealth.State.READY, device(),
                lost ? problem : "", conversations.answers(), 0);
    }

    /** Asks all its answers to end, without waiting for them: it is about to be closed. */
    public void cancel() {
        conversations.cancel();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            conversations.close();
            remote.close();
            substitute.ifPresent(Substitute::close);
            onClose.accept(this);
        }
    }
}
