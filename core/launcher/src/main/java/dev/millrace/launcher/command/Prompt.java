/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What a person says to the model in one go. */
final class Prompt {

    /** Reads standard input. */
    static final String STANDARD_INPUT = "-";

    /** Before a prompt that the parser must not take for an option: no argument of a process can hold it. */
    private static final String MARK = "\0";
    /** Of standard input: more than any model reads, and little beside the memory that there is. */
    private static final int MOST_BYTES = 32 << 20;
    private static final Pattern SPACE = Pattern.compile("\\s");
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private Prompt() {
    }

    /**
     * Marks prompts that begin with a dash, such as {@code "-5 degrees, is that cold?"} or the first bullet of a list. An
     * argument with white space is none of our options, unless it gives the value too, as in {@code --system=Be brief}.
     *
     * @param run the command that takes a prompt
     * @param arguments as typed
     * @return arguments for the parser
     */
    static String[] hideDashes(CommandSpec run, String... arguments) {
        int command = 0;
        while (command < arguments.length && arguments[command].startsWith("-")) {
            command++;
        }
        if (command == arguments.length || !arguments[command].equals(run.name())) {
            return arguments;
        }
        String[] marked = arguments.clone();
        for (int i = command + 1; i < marked.length && !marked[i].equals("--"); i++) {
            String argument = marked[i];
            boolean value = takesValue(run, marked[i - 1]);
            if (!value && argument.startsWith("-") && SPACE.matcher(argument).find()
                    && !(argument.contains("=") && takesValue(run, argument.substring(0, argument.indexOf('='))))) {
                marked[i] = MARK + argument;
            }
        }
        return marked;
    }

    private static boolean takesValue(CommandSpec spec, String name) {
        OptionSpec option = spec.findOption(name);
        return name.startsWith("-") && option != null && option.arity().max() > 0;
    }

    /** A prompt as it was typed. */
    static String typed(String argument) {
        return argument.startsWith(MARK) ? argument.substring(MARK.length()) : argument;
    }

    /**
     * Reads a prompt to the end of the input.
     *
     * @throws IOException if it cannot be read
     * @throws MillraceException if there is none
     */
    static String read(InputStream input) throws IOException {
        byte[] bytes = input.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
            throw new MillraceException("Standard input brings more than " + (MOST_BYTES >> 20)
                    + " MiB, which is no prompt.");
        }
        String text = new String(bytes, StandardCharsets.UTF_8).stripTrailing();
        String prompt = text.startsWith(BYTE_ORDER_MARK) ? text.substring(BYTE_ORDER_MARK.length()) : text;
        if (isBlank(prompt)) {
            throw new MillraceException("There is nothing on standard input.");
        }
        return prompt;
    }

    /** Whether nothing can be seen of a text: models make something of it all the same, which nobody meant. */
    static boolean isBlank(String text) {
        return text.codePoints().allMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c)
                || Character.isISOControl(c) || Character.getType(c) == Character.FORMAT);
    }
}
