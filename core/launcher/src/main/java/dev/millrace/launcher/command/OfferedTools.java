/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Conversation;
import dev.millrace.api.ToolConnector;
import dev.millrace.api.ToolProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/**
 * Which of the installed tools a model is told of: those that it was made for, those of the user's bundles, and those that are
 * named. The tools of the program's other bundles are there for the packaged model, and would only puzzle another one.
 */
final class OfferedTools implements AutoCloseable {

    @Spec(Target.MIXEE)
    @Nullable
    CommandSpec command;

    @Option(names = "--with-tools", paramLabel = "NAME", description = "The tools of one more provider, as /tools of chat names it; may be given several times.")
    List<String> named = List.of();

    @Option(names = "--no-tools", description = "Tell the model of no tools but those of --with-tools.")
    boolean none;

    @Option(names = "--mcp", paramLabel = "FILE.json", description = "Servers of the Model Context Protocol whose tools the model may use, as mcpServers of other programs' files.")
    @Nullable
    Path servers;

    @Option(names = "--mcp-trust", description = "Use the tools of --mcp without asking a person what they say of themselves.")
    boolean trust;

    @Option(names = "--strict", negatable = true, description = "Hold calls to the schemas of the tools, or let them be free with --no-strict; small models are held if neither is given.")
    @Nullable
    Boolean strict;

    private ToolConnector.@Nullable Connected connected;

    /**
     * Tells a conversation of them. A provider that fails is left out, and so is one whose tool has a name that is taken.
     *
     * @param builder of the conversation
     * @param workplace has the engine, and shows what is left out
     * @return the names of the providers beside those that the model was made for
     * @throws ParameterException if a named one is not there
     */
    Set<String> apply(Conversation.Builder builder, Workplace workplace) {
        List<ToolProvider> present = workplace.engine().toolProviders();
        for (String name : named) {
            if (present.stream().noneMatch(provider -> provider.name().equals(name))) {
                throw wrong("there are no tools of " + name + (present.isEmpty()
                        ? ", and none of others"
                        : "; there are those of "
                                + present.stream().map(ToolProvider::name).collect(Collectors.joining(", "))));
            }
        }
        if (!none) {
            builder.suggestedTools();
        }
        Set<String> told = new LinkedHashSet<>();
        for (ToolProvider provider : present) {
            if (!named.contains(provider.name()) && (none || !isOfUser(provider))) {
                continue;
            }
            try {
                builder.tools(provider);
                told.add(provider.name());
            } catch (RuntimeException | LinkageError e) { // a bundle may have been built against something else
                workplace.console().note("The tools of " + provider.name() + " are left out: " + e.getMessage());
            }
        }
        if (servers != null) {
            told.addAll(connect(servers, builder, workplace, present));
        }
        return told;
    }

    /** Says whether calls are held, if somebody did. */
    void hold(Conversation.Builder builder) {
        if (strict != null) {
            builder.strict(strict);
        }
    }

    /** Tells of the tools of other programs' servers, after a person has seen what they say of themselves. */
    private List<String> connect(Path file, Conversation.Builder builder, Workplace workplace,
            List<ToolProvider> present) {
        ToolConnector.Connected programs = ServerTools.connect(workplace, file, trust, present);
        connected = programs;
        ServerTools.approve(programs, workplace.console());
        List<String> told = new ArrayList<>();
        for (ToolProvider provider : programs.providers()) {
            if (!provider.tools().isEmpty()) {
                builder.tools(provider);
                told.add(provider.name());
            }
        }
        return told;
    }

    /** Ends the servers that were started. */
    @Override
    public void close() {
        ToolConnector.Connected programs = connected;
        if (programs != null) {
            connected = null;
            programs.close();
        }
    }

    /** Whether a provider came from a folder that is not the program's. */
    private static boolean isOfUser(ToolProvider provider) {
        Bundle program = FrameworkUtil.getBundle(OfferedTools.class);
        Bundle its = FrameworkUtil.getBundle(provider.getClass());
        return program != null && its != null && !folder(program).equals(folder(its));
    }

    private static String folder(Bundle bundle) {
        String location = bundle.getLocation();
        return location.substring(0, location.lastIndexOf('/') + 1);
    }

    private ParameterException wrong(String message) {
        if (command == null) {
            throw new IllegalStateException("Not mixed into a command.");
        }
        return new ParameterException(command.commandLine(), message);
    }
}
