/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Device;
import dev.millrace.api.DeviceVerdict;
import dev.millrace.api.ModelOptions;
import dev.millrace.engine.DeviceFit;
import dev.millrace.machine.Memory;
import dev.millrace.machine.Processors;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.KernelSpeed;
import dev.millrace.spi.model.ModelFile;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import picocli.CommandLine.Command;

/** Looks at the machine: what is there, what is used of it, what is slow and how to cure it. */
@Command(name = "doctor", description = "Look at this machine: what is there, what is slow and how to cure it.", sortOptions = false)
final class DoctorCommand implements Callable<Integer> {

    private static final double SLOW_BANDWIDTH = 8e9;
    private static final long SMALL_MEMORY = 8L << 30;
    private static final int NARROW_BITS = 128;
    private static final Duration EACH_KERNEL = Duration.ofMillis(50);
    /** A kernel that reaches less than this part of the median was not compiled as it should be. */
    private static final double CLIFF = 0.1;
    private static final Pattern SLOW_FLAG = Pattern.compile(
            "-Xint|-XX:TieredStopAtLevel=[0-3]|-XX:-UseCompiler|-client");
    private static final Pattern DEBUGGER = Pattern.compile("-agentlib:jdwp.*|-Xrunjdwp.*|-Xdebug");

    private final Workplace workplace;
    private final List<String> cures = new ArrayList<>();
    private boolean compiled = true;

    DoctorCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws InterruptedException {
        java();
        machine();
        devices();
        kernels();
        line("", "");
        if (cures.isEmpty()) {
            line("Verdict", "nothing here is slower than it has to be");
        }
        for (String cure : cures) {
            line("Slow", cure);
        }
        return ExitCode.DONE;
    }

    private void line(String name, String text) {
        workplace.console()
                .result(name.isEmpty() && text.isEmpty() ? "" : String.format(Locale.ROOT, "%-10s %s", name, text));
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
            if (SLOW_FLAG.matcher(flag).matches()) {
                compiled = false;
                cures.add("the flag " + flag + " keeps Java from compiling for speed: leave it out.");
            } else if (DEBUGGER.matcher(flag).matches()) {
                cures.add("a debugger may attach (" + flag + "), which costs optimisations: leave it out.");
            }
        }
    }

    private void machine() throws InterruptedException {
        processors();
        Memory memory = Memory.now();
        boolean known = memory.total() < Long.MAX_VALUE;
        line("Memory", (known
                ? String.format(Locale.ROOT, "%.1f GiB, %.1f GiB of it available", gib(memory.total()),
                        gib(memory.available()))
                : "nobody says how much")
                + String.format(Locale.ROOT, ", Java heap up to %.1f GiB (weights lie outside the heap)",
                        gib(Runtime.getRuntime().maxMemory())));
        if (memory.total() < SMALL_MEMORY) {
            cures.add(String.format(Locale.ROOT,
                    "%.1f GiB of memory is little: LFM2.5-8B-A1B in Q4_0 wants 6 GiB free; smaller"
                            + " members of its family run here.",
                    gib(memory.total())));
        }
        Memory.hugePages().ifPresent(this::hugePages);
        bandwidth(known ? Math.min(Bandwidth.MOST_BYTES, memory.total() / 8) : Bandwidth.MOST_BYTES / 8);
    }

    private void processors() {
        Processors here = Processors.here();
        int processors = here.available();
        int cores = here.cores();
        OptionalInt all = here.online();
        OptionalDouble limit = here.timeLimit();
        StringBuilder text = new StringBuilder().append(cores);
        if (processors > cores) {
            text.append(", with ").append(processors).append(" processors");
        }
        if (all.isPresent() && all.getAsInt() > processors) {
            text.append(" of ").append(all.getAsInt()).append(" that the machine has");
        }
        if (limit.isPresent()) {
            text.append(String.format(Locale.ROOT, ", limited to the time of %.2f", limit.getAsDouble()));
        }
        line("Cores", text.toString());
        if (limit.isPresent() && limit.getAsDouble() < cores) {
            cures.add(String.format(Locale.ROOT, "the container may use the time of %.2f cores, but %d threads compute:"
                    + " when the time is used up, all of them stand still. Raise the limit (--cpus of Docker, limits.cpu of"
                    + " Kubernetes) to a whole number, or give --threads %d.", limit.getAsDouble(), cores,
                    Math.max(1, (int) limit.getAsDouble())));
        } else if (all.isPresent() && all.getAsInt() > processors) {
            cures.add("only " + processors + " of the " + all.getAsInt() + " processors of the machine may be used: a"
                    + " limit of the container (--cpus, --cpuset-cpus, limits.cpu), taskset or -XX:ActiveProcessorCount holds"
                    + " the others back. Raise it if they are free.");
        }
    }

    private void hugePages(String setting) {
        line("Pages", "huge pages: " + setting);
        if (setting.equals("never")) {
            cures.add("huge pages are switched off, so the processor looks up the place of every 4 KB of weights: as"
                    + " root, echo always > /sys/kernel/mm/transparent_hugepage/enabled.");
        }
    }

    private void bandwidth(long block) throws InterruptedException {
        int cores = Processors.here().cores();
        double one = Bandwidth.measure(block, 1);
        double all = cores == 1 ? one : Math.max(one, Bandwidth.measure(block, cores));
        line("Bandwidth",
                String.format(Locale.ROOT, "%.1f GB/s read by one core, %.1f GB/s by all", one / 1e9, all / 1e9));
        line("", String.format(Locale.ROOT, "so at most %.0f tokens/s of a model that reads 1 GB of weights for each",
                all / 1e9));
        if (all < SLOW_BANDWIDTH) {
            cures.add("memory is read at less than 8 GB/s, which bounds generating: fill all memory channels, or take"
                    + " a model with fewer active weights or smaller quantisation.");
        }
    }

    /** The kernels of each backend's best device, in a table. */
    private void kernels() {
        if (!compiled) {
            line("Kernels", "not measured: Java would take minutes, since it does not compile them");
            return;
        }
        for (Backend backend : workplace.backends()) {
            List<Device> devices = backend.devices();
            List<KernelSpeed> speeds = devices.isEmpty()
                    ? List.of()
                    : backend.measure(devices.getFirst(), EACH_KERNEL);
            if (speeds.isEmpty()) {
                continue;
            }
            line("Kernels",
                    String.format(Locale.ROOT, "%-16s %12s %14s", devices.getFirst().id() + ", 1 core", "decode GB/s",
                            "prefill GMAC/s"));
            for (KernelSpeed speed : speeds) {
                line("", String.format(Locale.ROOT, "%-16s %12.2f %14.2f", speed.kernel(), speed.decode() / 1e9,
                        speed.prefill() / 1e9));
            }
            cliffs(speeds).forEach(kernel -> cures.add("the kernel " + kernel + " of " + devices.getFirst().id()
                    + " is less than a tenth as fast as the others: Java did not compile it to vector code. Leave out"
                    + " flags that limit the compiler, or take a model in another quantisation; and report it."));
        }
    }

    /**
     * Kernels that the compiler did not compile.
     *
     * @return names of those that reach less than a tenth of the median, in decode or in prefill
     */
    static List<String> cliffs(List<KernelSpeed> speeds) {
        double decode = CLIFF * median(speeds.stream().mapToDouble(KernelSpeed::decode));
        double prefill = CLIFF * median(speeds.stream().mapToDouble(KernelSpeed::prefill));
        return speeds.stream().filter(speed -> speed.decode() < decode || speed.prefill() < prefill)
                .map(KernelSpeed::kernel).toList();
    }

    private static double median(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
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
            for (DeviceFit one : DeviceFit.of(workplace.backends(), file.programs())) {
                Device device = one.device();
                String fit = switch (one.fit()) {
                    case Fit.Good good -> "score " + good.score();
                    case Fit.Refused refused -> "does not run " + ModelChoice.PACKAGED + " ("
                            + refused.cause().name().toLowerCase(Locale.ROOT) + "): " + refused.reason();
                };
                String memory = device.memoryBytes() == Long.MAX_VALUE || device.memoryBytes() == 0
                        ? ""
                        : String.format(Locale.ROOT, "%.1f GiB, ", gib(device.memoryBytes()));
                line("Device", device.id() + ": " + (device.description().isEmpty() ? "" : device.description() + ", ")
                        + memory + fit);
            }
            if (compiled) {
                workplace.engine().measure(file, ModelOptions.defaults());
            }
            for (DeviceVerdict verdict : workplace.engine().verdicts(file, ModelOptions.defaults())) {
                line("Choice", verdict.toString());
            }
        }
    }

    private static double gib(long bytes) {
        return bytes / (double) (1L << 30);
    }
}
