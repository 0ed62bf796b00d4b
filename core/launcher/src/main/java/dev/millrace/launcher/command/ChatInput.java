/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/** Where the lines of a chat come from. */
interface ChatInput extends AutoCloseable {

    /**
     * The next line.
     *
     * @return null at the end; empty for a line that was abandoned with Ctrl-C
     * @throws IOException if reading fails
     */
    @Nullable
    String next() throws IOException;

    /**
     * Asks something while an answer is generated. May be called on any thread, while nobody waits for the next line; may be
     * interrupted.
     *
     * @return what was said; null at the end, or if the question was abandoned with Ctrl-C
     * @throws IOException if reading fails
     */
    @Nullable
    String ask(String question) throws IOException, InterruptedException;

    /**
     * Does something when Ctrl-C is pressed next, instead of ending the program; only once.
     *
     * @param action what to do, until {@link #endOnInterrupt}
     */
    void onInterrupt(Runnable action);

    /** From now on Ctrl-C ends the program again. */
    void endOnInterrupt();

    @Override
    void close() throws IOException;

    /**
     * A line editor where a person types, else plain lines.
     *
     * @param commands words that the editor completes
     */
    static ChatInput of(Console console, List<String> commands) throws IOException {
        return console.inTerminal() && console.outTerminal() ? new Typed(commands) : new Piped(console);
    }

    /** Lines of a pipe or file. Ctrl-C ends the program as everywhere else. */
    final class Piped implements ChatInput {

        private final Console console;
        private final PipedLines lines;

        Piped(Console console) {
            this.console = console;
            lines = new PipedLines(console.in());
        }

        @Override
        public @Nullable String next() throws IOException {
            try {
                return lines.next();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
        }

        @Override
        public @Nullable String ask(String question) throws IOException, InterruptedException {
            console.err().print(question);
            console.err().flush();
            String line = null;
            try {
                line = lines.next();
                return line;
            } finally {
                console.note(line == null ? "" : line);
            }
        }

        @Override
        public void onInterrupt(Runnable action) {
            // a script has no Ctrl-C to spare
        }

        @Override
        public void endOnInterrupt() {
            // it does
        }

        @Override
        public void close() {
            lines.close();
        }
    }

    /** Lines that a person types, with editing and history of this session. */
    final class Typed implements ChatInput {

        private static final String INTERRUPT = Terminal.Signal.INT.name();
        /** The exit code that Java has for it. */
        private static final int INTERRUPTED = 130;

        private final Terminal terminal;
        private final LineReader reader;
        /** What Java does at Ctrl-C: it ends the program, in order. The terminal knows nothing of it. */
        private final Object ending;
        private volatile @Nullable Runnable action;

        Typed(List<String> commands) throws IOException {
            ending = Signals.register(INTERRUPT, () -> {
            });
            terminal = terminal();
            endOnInterrupt();
            reader = LineReaderBuilder.builder().terminal(terminal)
                    .completer(new StringsCompleter(commands))
                    .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true).build();
        }

        private static Terminal terminal() throws IOException {
            Thread thread = Thread.currentThread();
            ClassLoader before = thread.getContextClassLoader();
            // JLine looks there for its providers, and would find none in a bundle
            thread.setContextClassLoader(Terminal.class.getClassLoader());
            try {
                // no provider that unpacks a native library into the temporary folder
                return TerminalBuilder.builder().name("millrace").encoding(StandardCharsets.UTF_8).ffm(true).exec(true)
                        .jni(false).jna(false).jansi(false).dumb(true).nativeSignals(true).build();
            } finally {
                thread.setContextClassLoader(before);
            }
        }

        @Override
        public @Nullable String next() {
            try {
                return reader.readLine("> ");
            } catch (UserInterruptException e) {
                terminal.writer().println();
                terminal.flush();
                return "";
            } catch (EndOfFileException e) {
                return null;
            } finally {
                endOnInterrupt();
            }
        }

        @Override
        public @Nullable String ask(String question) throws InterruptedException {
            Runnable before = action;
            AtomicBoolean pressed = new AtomicBoolean();
            try {
                // no history: an answer is no line of the chat
                LineReader asking = LineReaderBuilder.builder().terminal(terminal).build();
                Thread reading = Thread.currentThread();
                asking.getWidgets().put(LineReader.CALLBACK_INIT, () -> {
                    // the reader takes Ctrl-C for an interrupt, and an interrupt may be the end of somebody's patience
                    terminal.handle(Terminal.Signal.INT, signal -> {
                        pressed.set(true);
                        reading.interrupt();
                    });
                    return true;
                });
                return asking.readLine(question);
            } catch (UserInterruptException e) {
                if (!pressed.get()) {
                    throw new InterruptedException();
                }
                if (before != null) {
                    before.run();
                }
                return null;
            } catch (EndOfFileException e) {
                return null;
            } finally {
                // the reader has taken Ctrl-C for itself
                if (before == null) {
                    endOnInterrupt();
                } else {
                    onInterrupt(before);
                }
            }
        }

        @Override
        public void onInterrupt(Runnable todo) {
            action = todo;
            AtomicBoolean pressed = new AtomicBoolean();
            Signals.register(INTERRUPT, () -> {
                endOnInterrupt(); // whoever presses it again does not want to wait
                if (pressed.getAndSet(true)) {
                    System.exit(INTERRUPTED); // the second came before the first was seen to
                }
                todo.run();
            });
        }

        @Override
        public void endOnInterrupt() {
            action = null;
            Signals.unregister(INTERRUPT, ending);
        }

        @Override
        public void close() throws IOException {
            terminal.close();
            endOnInterrupt();
        }
    }
}
