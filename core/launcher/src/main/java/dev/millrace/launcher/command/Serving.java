/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ModelServer;
import dev.millrace.machine.ServiceManager;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Commands that offer models until they are interrupted: their settings, and their run. */
final class Serving {

    private final Map<String, String> settings;

    /**
     * With settings to begin with.
     *
     * @param given copied
     */
    Serving(Map<String, String> given) {
        this.settings = new LinkedHashMap<>(given);
    }

    /** Sets what is there. */
    Serving with(String name, @Nullable Object value) {
        if (value != null) {
            settings.put(name, value.toString());
        }
        return this;
    }

    /**
     * Runs a server until Ctrl-C, and tells a service manager how it is.
     *
     * @param command whose usage is shown if a setting is wrong
     * @param started told when it listens, before its models are ready
     * @param ready told when they are
     */
    int run(Workplace workplace, ModelServer server, @Nullable CommandSpec command,
            Consumer<ModelServer.Running> started, Consumer<ModelServer.Running> ready) {
        try (ModelServer.Running running = start(workplace, server, command)) {
            started.accept(running);
            running.awaitReady();
            ready.accept(running);
            new SignsOfLife(workplace.engine(), ServiceManager.ofProcess()).giveUntilInterrupted();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Ctrl-C or kill: the end that is meant
        }
        return ExitCode.DONE;
    }

    private ModelServer.Running start(Workplace workplace, ModelServer server, @Nullable CommandSpec command) {
        try {
            return server.start(workplace.engine(), settings);
        } catch (IllegalArgumentException e) {
            if (command == null) {
                throw e;
            }
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
