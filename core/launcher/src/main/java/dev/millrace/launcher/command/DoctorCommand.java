/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.spi.Backend;
import dev.millrace.spi.Fit;
import dev.millrace.spi.LoadOptions;
import dev.millrace.spi.ModelFile;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Looks at the machine: what is there, what is used of it, what is slow and how to cure it. */
@Command(name = "doctor", description = "Look at this machine: what is there, what is slow and how to cure it.", sortOptions = false)
final class DoctorCommand implements Callable<Integer> {

    private static final long MOST_BYTES = 512L << 20;
    private static final double SLOW_BANDWIDTH = 8e9;
    private static final long SMALL_MEMORY = 8L << 30;
    private static final int NARROW_BITS = 128;

    private final Workplace workplace;
    private final List<String> cures = new ArrayList<>();

    DoctorCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws InterruptedException {
        java();
        machine();
        devices();
        line("", "");
        if (cures.isEmpty()) {
            line("Verdict", "nothing here is slower than it has to be");
        }
        for (String cure : cures) {
            line("Slow", cure);
        }
        return MillraceCommand.DONE;
    }

    private void line(String name, String text) {
        workplace.console().result(name.isEmpty() && text.isEmpty() ? "" : String.format("%-10s %s", name, text));
    }

    private void java() {
        line("Java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version") + " ("
                + System.getProperty("java.home") + ")");
        List<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments();
        line("Flags", String.join(" ", flags));
        OptionalInt bits = VectorUnit.preferredBits();
        if (bits.isEmpty()) {
            line("Vectors", "none: the module jdk.incubator.vector is not there");
            cures.add("without the vector module the CPU works with scalar kernels, many times slower: start with"
                    + " ./millrace, or with --add-modules jdk.incubator.vector.");
        } else {
            line("Vectors", bits.getAsInt() + " bits");
            if (bits.getAsInt() <= NARROW_BITS && System.getProperty("os.arch").matches("amd64|x86_64")) {
                cures.add("vectors are " + bits.getAsInt() + " bits wide: this processor has no AVX2, or"
                        + " -XX:UseAVX or -XX:MaxVectorSize holds it back.");
            }
        }
        for (String flag : flags) {
            if (flag.equals("-Xint") || flag.startsWith("-XX:TieredStopAtLevel=")
                    || flag.startsWith("-agentlib:jdwp")) {
                cures.add("the flag " + flag + " keeps Java from compiling for speed: leave it out.");
            }
        }
    }

    private void machine() throws InterruptedException {
        int cores = Runtime.getRuntime().availableProcessors();
        long memory = ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : 0;
        line("Cores", Integer.toString(cores));
        line("Memory", String.format("%.1f GiB, Java heap up to %.1f GiB (weights lie outside the heap)", gib(memory),
                gib(Runtime.getRuntime().maxMemory())));
        long block = memory == 0 ? MOST_BYTES / 8 : Math.min(MOST_BYTES, memory / 8);
        double one = Bandwidth.measure(block, 1);
        double all = cores == 1 ? one : Bandwidth.measure(block, cores);
        line("Bandwidth", String.format("%.1f GB/s read by one core, %.1f GB/s by all", one / 1e9, all / 1e9));
        line("", String.format("so at most %.0f tokens/s of a model that reads 1 GB of weights for each",
                Math.max(one, all) / 1e9));
        if (all < SLOW_BANDWIDTH) {
            cures.add("memory is read at less than 8 GB/s, which bounds generating: fill all memory channels, or take"
                    + " a model with fewer active weights or smaller quantisation.");
        }
        if (memory < SMALL_MEMORY) {
            cures.add(String.format("%.1f GiB of memory is little: LFM2.5-8B-A1B in Q4_0 wants 6 GiB free; smaller"
                    + " members of its family run here.", gib(memory)));
        }
    }

    /** Devices with their scores for the packaged model, as the engine itself would ask for them. */
    private void devices() {
        if (workplace.backends().isEmpty()) {
            line("Devices", "none");
            cures.add("no backend is present, so no model can run: add one, for example the bundle"
                    + " dev.millrace.backend.cpu.");
            return;
        }
        boolean sample = workplace.engine().models().contains(ModelChoice.PACKAGED);
        if (!sample) {
            for (Backend backend : workplace.backends()) {
                backend.devices().forEach(device -> line("Device", device.id() + ": " + device.description()));
            }
            return;
        }
        try (ModelFile file = workplace.engine().file(ModelChoice.PACKAGED)) {
            LoadOptions options = new LoadOptions(file.program().contextLength(), 0, Precision.FAST);
            for (Backend backend : workplace.backends()) {
                for (Device device : backend.devices()) {
                    String fit = switch (backend.fit(file.program(), device, options)) {
                        case Fit.Good good -> "score " + good.score();
                        case Fit.Refused refused -> "refuses: " + refused.reason();
                    };
                    line("Device", device.id() + ": " + device.description() + ", "
                            + String.format("%.1f GiB, ", gib(device.memoryBytes())) + fit);
                }
            }
        }
    }

    private static double gib(long bytes) {
        return bytes / (double) (1L << 30);
    }
}
