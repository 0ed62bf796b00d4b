/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Connects to programs whose tools models can use, such as servers of the Model Context Protocol. A plugin registers it as an OSGi
 * service, or names it for {@link java.util.ServiceLoader}.
 */
@ConsumerType
public interface ToolConnector {

    /**
     * Connects to all programs that a file names. Returns when each has told its tools or has failed to; one that fails is tried
     * again later and keeps nobody waiting.
     *
     * @param file names the programs, in the form that the plugin's documentation says
     * @param taken names that tools must not have, since others have them
     * @param settings name to text, as the plugin's documentation says; what is absent has its default
     * @return the programs, closed by the caller
     * @throws MillraceException if the file cannot be read
     * @throws InterruptedException if interrupted while waiting
     */
    Connected connect(Path file, List<String> taken, Map<String, String> settings) throws InterruptedException;

    /**
     * Lets a person sign in at a program that lets nobody else in, and keeps what it gives for the times to come. Nothing else
     * asks a person to.
     *
     * @param file names the programs, as for {@link #connect}
     * @param program where to sign in
     * @param settings as for {@link #connect}
     * @param page shows a person the address to open in a browser of this machine; called at most a few times, and not at all if
     *        nobody needs to sign in
     * @return a sentence for each thing that does not work then; empty if the program can be used
     * @throws MillraceException if the file cannot be read, has no such program, or nobody can sign in there
     * @throws InterruptedException if interrupted while waiting
     */
    default List<String> signIn(Path file, String program, Map<String, String> settings, Consumer<URI> page)
            throws InterruptedException {
        throw new MillraceException("Nobody can sign in at " + program + " here.");
    }

    /** Programs that are connected. Safe for use from any thread. */
    @ConsumerType
    interface Connected extends AutoCloseable {

        /**
         * The programs as providers, each of the tools that were approved and are there now.
         *
         * @return one for each program, always the same
         */
        List<ToolProvider> providers();

        /**
         * All tools that are there now, approved or not.
         *
         * @return in the order of the programs
         */
        List<Offered> offered();

        /**
         * Allows tools as they are described now. One whose description changes later has to be approved again.
         *
         * @param tools of {@link #offered}
         * @throws MillraceException if that cannot be kept for the next time
         */
        void approve(List<Offered> tools);

        /**
         * What does not work now.
         *
         * @return a sentence for each program that is not there and for each tool that is left out
         */
        List<String> problems();

        /**
         * Texts and data that the programs offer.
         *
         * @return what can be read
         * @throws InterruptedException if interrupted while waiting
         */
        List<Item> resources() throws InterruptedException;

        /**
         * Reads a resource.
         *
         * @param program that offers it
         * @param name of {@link #resources}, or made by one of its patterns
         * @return its text
         * @throws MillraceException if it cannot be read
         * @throws InterruptedException if interrupted while waiting
         */
        String read(String program, String name) throws InterruptedException;

        /**
         * Beginnings of conversations that the programs offer.
         *
         * @return what can be taken
         * @throws InterruptedException if interrupted while waiting
         */
        List<Item> prompts() throws InterruptedException;

        /**
         * Takes a prompt.
         *
         * @param program that offers it
         * @param name of {@link #prompts}
         * @param arguments that it asks for
         * @return messages to begin with
         * @throws MillraceException if it cannot be had
         * @throws InterruptedException if interrupted while waiting
         */
        List<Message> prompt(String program, String name, Map<String, @Nullable Object> arguments)
                throws InterruptedException;

        /** Ends the programs that were started and leaves the others. Closing twice does nothing. */
        @Override
        void close();
    }

    /**
     * A tool of a program.
     *
     * @param program whose it is
     * @param original its name there
     * @param definition what a model is told of it; its texts come from the program
     * @param approval whether models may use it
     */
    record Offered(String program, String original, ToolDefinition definition, Approval approval) {
    }

    /**
     * Something that a program offers to be read or taken.
     *
     * @param program whose it is
     * @param name its name, path or address there
     * @param description what it is, by the program's words; may be empty
     */
    record Item(String program, String name, String description) {
    }

    /** Whether models may use a tool. */
    enum Approval {
        /** Nobody has said so. */
        NEW,
        /** Somebody has, and it is described in another way now. */
        CHANGED,
        /** Yes. */
        APPROVED
    }
}
