/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.formats.Synthesiser;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A model of a real shape with random weights: for measuring. */
@Command(name = "synth", description = {"Write a model of a real shape with random weights:",
        "the real work per token without the real weights."}, sortOptions = false)
final class SynthCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Spec
    @Nullable
    CommandSpec spec;

    @Parameters(index = "0", paramLabel = "CONFIG", description = "One of ${COMPLETION-CANDIDATES}.", completionCandidates = Shapes.class)
    String shape = "";

    @Parameters(index = "1", paramLabel = "OUT.gguf", description = "The file to write; replaced as a whole or not at all.")
    @Nullable
    Path out;

    @Option(names = "--quant", paramLabel = "MIX", description = "The types of the weights: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} if not given.", completionCandidates = Mixes.class, defaultValue = "q4_0")
    String quant = "";

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same bytes.")
    long seed;

    /** For the help. */
    static final class Shapes implements Iterable<String> {

        @Override
        public Iterator<String> iterator() {
            return Synthesiser.shapes().iterator();
        }
    }

    /** For the help. */
    static final class Mixes implements Iterable<String> {

        @Override
        public Iterator<String> iterator() {
            return Synthesiser.quantisations().iterator();
        }
    }

    SynthCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        String wanted = shape.toLowerCase(Locale.ROOT);
        String mix = quant.toLowerCase(Locale.ROOT);
        check("CONFIG", wanted, Synthesiser.shapes());
        check("--quant", mix, Synthesiser.quantisations());
        try (LoadProgress progress = new LoadProgress(workplace.console())) {
            Synthesiser.write(wanted, mix, seed, Objects.requireNonNull(out), progress);
        }
        return ExitCode.DONE;
    }

    private void check(String name, String value, List<String> known) {
        if (!known.contains(value)) {
            throw new ParameterException(Objects.requireNonNull(spec).commandLine(),
                    name + " is " + value + "; possible are " + String.join(", ", known));
        }
    }
}
