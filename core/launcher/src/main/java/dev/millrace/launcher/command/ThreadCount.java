/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ModelOptions;
import dev.millrace.machine.Processors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How many threads compute.
 *
 * @param asked 1 or more, or 0 if nothing was asked for
 */
record ThreadCount(int asked) {

    /** What suits the machine. */
    static final ThreadCount SUITABLE = new ThreadCount(0);

    /** Reads a number from 1 on. */
    static final class Converter implements ITypeConverter<ThreadCount> {

        @Override
        public ThreadCount convert(String text) {
            try {
                int count = Integer.parseInt(text);
                if (count >= 1 && count <= ModelOptions.MOST_THREADS) {
                    return new ThreadCount(count);
                }
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + text + "' is not a number of threads");
            }
            throw new TypeConversionException(
                    "threads must be from 1 to " + ModelOptions.MOST_THREADS + ", not " + text);
        }
    }

    /** Says so if there are more than processors. */
    void warn(Console console) {
        int available = Processors.here().available();
        if (asked > available) {
            console.note("millrace: --threads " + asked + " is more than the " + available
                    + (available == 1 ? " processor" : " processors")
                    + " that may be used here, so threads wait for each other, which is slower.");
        }
    }
}
