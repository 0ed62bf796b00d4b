/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Conversation;
import dev.millrace.api.Device;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelInfo;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolProvider;
import dev.millrace.engine.cache.Prefixes;
import dev.millrace.engine.schedule.Scheduler;
import dev.millrace.engine.talk.Conversations;
import dev.millrace.engine.talk.Extensions;
import dev.millrace.engine.talk.ModelParts;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.text.Dialect;
import dev.millrace.text.prompt.PromptWriter;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An open model with its conversations. */
final class RunningModel implements Model {

    private static final System.Logger LOG = System.getLogger(RunningModel.class.getName());

    private final ModelFile file;
    private final ModelInfo info;
    private final PromptTokenizer tokenizer;
    private final Services services;
    private final ModelOptions options;
    private final Consumer<RunningModel> onClose;
    private final Scheduler scheduler;
    private final Prefixes prefixes;
    private final Conversations conversations;
    private final ReentrantLock moving = new ReentrantLock();
    private volatile Device device;
    private volatile boolean closed;

    RunningModel(LoadedModel loaded, Services services, ModelOptions options, List<String> toolNames,
            @Nullable Path prefixFolder, Consumer<RunningModel> onClose) {
        this.file = loaded.file();
        this.info = loaded.info();
        this.tokenizer = loaded.tokenizer();
        this.services = services;
        this.options = options.withContext(loaded.options().context());
        this.onClose = onClose;
        this.device = loaded.device();
        Dialect dialect = Speech.dialect(file, tokenizer, services.dialects);
        PromptWriter prompts = Speech.prompts(file, tokenizer, dialect);
        String fileIdentity = FileIdentity.of(file.path());
        this.scheduler = new Scheduler(info.name(), loaded.executor(), info.vocabularySize());
        this.prefixes = new Prefixes(scheduler, file.program(), info.contextLength(),
                () -> String.join("\n", fileIdentity, device.id(), options.precision().name(),
                        options.keyValues().name()),
                prefixFolder);
        this.conversations = new Conversations(
                new ModelParts(info, file.program(), tokenizer, prompts, dialect,
                        Speech.endTokens(file, tokenizer, prompts), file.sampling(), scheduler, prefixes),
                new Extensions(() -> services.guards, () -> services.stages, () -> suggested(toolNames)));
    }

    @Override
    public ModelInfo info() {
        return info;
    }

    @Override
    public PromptTokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public Sampling defaults() {
        return file.sampling();
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public Conversation.Builder conversation() {
        return conversations.builder();
    }

    @Override
    public void moveTo(String backend) {
        move(options.withBackend(backend));
    }

    private void move(ModelOptions where) {
        moving.lock();
        try {
            if (closed) {
                throw new IllegalStateException("The model is closed.");
            }
            Placement placement = Placement.choose(services.backends, file.program(), where);
            Executor next = placement.backend().load(file.program(), placement.device(), placement.options(),
                    options.progress());
            scheduler.move(next, () -> device = placement.device());
        } finally {
            moving.unlock();
        }
    }

    /** The backend is going away: moves elsewhere on a thread of its own, or closes if no other backend can run the model. */
    void leave(Backend backend) {
        if (!device.backend().equals(backend.id())) {
            return;
        }
        Thread.ofVirtual().name("millrace-leave").start(() -> {
            try {
                move(options.withBackend(null));
                LOG.log(System.Logger.Level.INFO, "{0} moved to {1}, because {2} went away.", info.name(), device.id(),
                        backend.id());
            } catch (MillraceException e) {
                LOG.log(System.Logger.Level.WARNING,
                        info.name() + " is closed, because " + backend.id() + " went away. " + e.getMessage());
                close();
            }
        });
    }

    private List<ToolProvider> suggested(List<String> names) {
        return services.tools.stream().filter(provider -> names.contains(provider.name())).toList();
    }

    @Override
    public void close() {
        moving.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            conversations.close();
            prefixes.close();
            scheduler.close();
            file.close();
            onClose.accept(this);
        } finally {
            moving.unlock();
        }
    }
}
