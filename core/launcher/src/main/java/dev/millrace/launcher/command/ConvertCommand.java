/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.formats.Converter;
import dev.millrace.spi.model.TensorType;
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

/** From a Hugging Face folder to one GGUF file. */
@Command(name = "convert", description = "Convert a Hugging Face folder to one GGUF file.", sortOptions = false)
final class ConvertCommand implements Callable<Integer> {

    private final Workplace workplace;

    @Spec
    @Nullable
    CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FOLDER", description = "A Hugging Face folder with safetensors.")
    @Nullable
    Path folder;

    @Parameters(index = "1", paramLabel = "OUT.gguf", description = "The file to write; replaced as a whole or not at all.")
    @Nullable
    Path out;

    @Option(names = "--quant", paramLabel = "TYPE", description = "The type of the matrices: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} if not given.", completionCandidates = Types.class, defaultValue = "q8_0")
    String quant = "";

    /** For the help. */
    static final class Types implements Iterable<String> {

        @Override
        public Iterator<String> iterator() {
            return names().iterator();
        }
    }

    ConvertCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() {
        TensorType type = Converter.types().stream().filter(one -> one.name().equalsIgnoreCase(quant)).findFirst()
                .orElseThrow(() -> new ParameterException(Objects.requireNonNull(spec).commandLine(),
                        "--quant is " + quant + "; possible are " + String.join(", ", names())));
        try (LoadProgress progress = new LoadProgress(workplace.console())) {
            Converter.convert(Objects.requireNonNull(folder), Objects.requireNonNull(out), type, progress);
        }
        return ExitCode.DONE;
    }

    private static List<String> names() {
        return Converter.types().stream().map(one -> one.name().toLowerCase(Locale.ROOT)).sorted().toList();
    }
}
