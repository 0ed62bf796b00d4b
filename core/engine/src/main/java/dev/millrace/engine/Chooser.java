/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.DeviceVerdict;
import dev.millrace.api.ModelOptions;
import dev.millrace.machine.Memory;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Program;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Chooses where a model runs, and says how each device fared. What counts, in this order: whether the model fits there, beside what open
 * models may still take; whether the device failed lately; what somebody prefers; how fast the model was there when all such devices were
 * tried, if they were; and the backend's own score.
 */
final class Chooser {

    /** Of the fastest device's speed, what counts as fast: trials of one device on a busy machine differ by as much. */
    private static final double AS_FAST = 0.8;

    private final List<Backend> backends;
    private final Preferences preferences;
    private final BackOff backOff;
    private final ToLongFunction<Device> promised;
    private final ToDoubleFunction<Placement> speeds;

    /**
     * Chooses among backends.
     *
     * @param backends those that may be taken
     * @param preferences which devices are wanted
     * @param backOff which devices failed
     * @param promised bytes that open models on a device's memory may still take
     * @param speeds tokens per second that a trial has found; 0 if there was none
     */
    Chooser(List<Backend> backends, Preferences preferences, BackOff backOff, ToLongFunction<Device> promised,
            ToDoubleFunction<Placement> speeds) {
        this.backends = backends;
        this.preferences = preferences;
        this.backOff = backOff;
        this.promised = promised;
        this.speeds = speeds;
    }

    /**
     * How one device fares.
     *
     * @param place where the model would run; null if it would not
     * @param refusals of its programs
     * @param verdict if it does not run there, or nothing better is found
     * @param leftAlone whether it failed lately
     * @param speed tokens per second in a trial; 0 if it was not tried, or another that would run the model was not
     * @param slower by more than a trial may be wrong, than the fastest that was tried
     */
    private record Considered(Device device, @Nullable Placement place, List<String> refusals, DeviceVerdict verdict,
            boolean leftAlone, double speed, boolean slower) {

        Considered(Device device, @Nullable Placement place, List<String> refusals, DeviceVerdict verdict,
                boolean leftAlone) {
            this(device, place, refusals, verdict, leftAlone, 0, false);
        }

        Considered tried(double value, double fastest) {
            return new Considered(device, place, refusals, verdict, leftAlone, value, value < fastest * AS_FAST);
        }

        /** Its score and its speed, in words. */
        String figures() {
            String score = "score " + verdict.score();
            return speed == 0
                    ? score
                    : String.format(Locale.ROOT, "%.0f tokens per second when tried, %s", speed, score);
        }
    }

    /**
     * Chooses the best device among those that can run one of the model's programs. If no context was asked for and the model's
     * whole context does not fit anywhere, half of it is tried, and so on.
     *
     * @throws BackendException if the asked backend is not there, or none can run the model
     */
    Choice choose(List<Program> programs, ModelOptions wanted) {
        int context = wanted.context() > 0 ? wanted.context() : programs.getFirst().contextLength();
        while (true) {
            List<Considered> all = consider(programs, wanted, context);
            Optional<Considered> best = best(all);
            if (best.isPresent()) {
                return choice(best.get(), all);
            }
            List<String> refusals = all.stream().flatMap(one -> one.refusals().stream()).toList();
            if (wanted.context() > 0 || context / 2 < Placement.SMALLEST_CONTEXT || refusals.isEmpty()) {
                throw none(wanted.backend(), refusals);
            }
            context /= 2;
        }
    }

    /**
     * Chooses where a model that runs is to move. Where no device takes it as things are, one counts that has too little memory now
     * and enough in all: the model may find room there once it has given back its own.
     *
     * @param wanted with the context that the model was loaded with
     * @throws BackendException if the asked backend is not there, or none can run the model
     */
    Choice forMove(List<Program> programs, ModelOptions wanted) {
        try {
            return choose(programs, wanted);
        } catch (BackendException none) {
            LoadOptions options = options(wanted, wanted.context());
            for (Backend backend : backends) {
                for (Device device : backend.devices()) {
                    for (Program program : programs) {
                        if (isAsked(wanted.backend(), backend, device)
                                && Placement.fit(backend, program, device, options) instanceof Fit.Refused refused
                                && refused.cause() == Fit.Cause.MEMORY && refused.bytes() <= device.memoryBytes()) {
                            Placement place = new Placement(program, backend, device, options, refused.bytes(), 0,
                                    true);
                            DeviceVerdict chosen = new DeviceVerdict(device, DeviceVerdict.Outcome.CHOSEN, 0,
                                    "It has room once the model has left where it is.");
                            return new Choice(place, consider(programs, wanted, wanted.context()).stream()
                                    .map(one -> one.device().equals(device) ? chosen : one.verdict()).toList());
                        }
                    }
                }
            }
            throw none;
        }
    }

    /**
     * How each device would fare, without any exception.
     *
     * @return one verdict per device, and one for each backend that sees none
     */
    List<DeviceVerdict> verdicts(List<Program> programs, ModelOptions wanted) {
        try {
            return choose(programs, wanted).verdicts();
        } catch (BackendException none) {
            int context = wanted.context() > 0 ? wanted.context() : programs.getFirst().contextLength();
            return consider(programs, wanted, context).stream().map(Considered::verdict).toList();
        }
    }

    private static LoadOptions options(ModelOptions wanted, int context) {
        return LoadOptions.of(context).withThreads(wanted.threads()).withPrecision(wanted.precision())
                .withKeyValues(wanted.keyValues());
    }

    private static boolean isAsked(@Nullable String id, Backend backend, Device device) {
        return id == null || id.equals(device.id()) || id.equals(backend.id());
    }

    private List<Considered> consider(List<Program> programs, ModelOptions wanted, int context) {
        LoadOptions options = options(wanted, context);
        List<Considered> all = new ArrayList<>();
        for (Backend backend : backends) {
            List<Device> devices = backend.devices();
            if (devices.isEmpty()) {
                all.add(refused(new Device(backend.id(), backend.id(), "", 0), List.of(),
                        "The " + backend.id() + " backend sees no device on this machine."));
            }
            for (Device device : devices) {
                all.add(consider(backend, device, programs, options, wanted.backend()));
            }
        }
        return tried(all);
    }

    /** Speeds count if all of several devices were tried: one alone would say nothing. What fails is not tried. */
    private List<Considered> tried(List<Considered> all) {
        List<Placement> places = places(all.stream().filter(one -> !one.leftAlone()).toList());
        if (places.size() < 2 || places.stream().anyMatch(place -> speeds.applyAsDouble(place) == 0)) {
            return all;
        }
        double fastest = places.stream().mapToDouble(speeds).max().orElse(0);
        return all.stream()
                .map(one -> one.place() == null ? one : one.tried(speeds.applyAsDouble(one.place()), fastest))
                .toList();
    }

    private static List<Placement> places(List<Considered> all) {
        return all.stream().map(Considered::place).flatMap(Stream::ofNullable).toList();
    }

    /**
     * Where the model would run.
     *
     * @return one place for each device that {@link #choose} chooses among; empty if none would run it
     */
    List<Placement> places(List<Program> programs, ModelOptions wanted) {
        int context = wanted.context() > 0 ? wanted.context() : programs.getFirst().contextLength();
        while (true) {
            List<Placement> places = places(consider(programs, wanted, context));
            if (!places.isEmpty() || wanted.context() > 0 || context / 2 < Placement.SMALLEST_CONTEXT) {
                return places;
            }
            context /= 2;
        }
    }

    private static Considered refused(Device device, List<String> refusals, String reason) {
        return new Considered(device, null, refusals,
                new DeviceVerdict(device, DeviceVerdict.Outcome.REFUSED, 0, reason), false);
    }

    private Considered consider(Backend backend, Device device, List<Program> programs, LoadOptions options,
            @Nullable String asked) {
        if (!isAsked(asked, backend, device)) {
            int score = programs.stream().map(program -> Placement.fit(backend, program, device, options))
                    .mapToInt(fit -> fit instanceof Fit.Good good ? good.score() : 0).max().orElse(0);
            return new Considered(device, null, List.of(), new DeviceVerdict(device, DeviceVerdict.Outcome.NOT_ASKED,
                    score, "\"" + asked + "\" was asked for."), false);
        }
        if (asked == null && preferences.excludes(device)) {
            String reason = "The setting " + preferences.setting() + " excludes it.";
            return refused(device, List.of(device.id() + ": " + reason), reason);
        }
        Placement best = null;
        List<Fit.Refused> refusals = new ArrayList<>();
        for (Program program : programs) {
            switch (admit(Placement.fit(backend, program, device, options), device)) {
                case Fit.Refused refused -> refusals.add(refused);
                case Fit.Good good -> {
                    if (best == null || good.score() > best.score()) {
                        best = new Placement(program, backend, device, options, good.bytes(), good.score(), false);
                    }
                }
            }
        }
        if (best == null) {
            return refused(device, refusals.stream().map(one -> device.id() + ": " + one.reason()).toList(),
                    tellingMost(refusals));
        }
        Optional<String> failed = asked == null ? backOff.reason(backend, device) : Optional.empty();
        return new Considered(device, best, List.of(), new DeviceVerdict(device, failed.isPresent()
                ? DeviceVerdict.Outcome.LEFT_ALONE
                : DeviceVerdict.Outcome.OTHER_BETTER, best.score(), failed.orElse("")), failed.isPresent());
    }

    /** A refusal for lack of memory says more than one of a program that is for other backends. */
    private static String tellingMost(List<Fit.Refused> refusals) {
        return refusals.stream().max(Comparator.comparingInt(one -> one.cause() == Fit.Cause.PROGRAM ? 0 : 1))
                .map(Fit.Refused::reason).orElse("");
    }

    /** Open models may still take memory: their conversations grow. */
    private Fit admit(Fit fit, Device device) {
        long taken = fit instanceof Fit.Good ? promised.applyAsLong(device) : 0;
        if (taken > 0 && fit instanceof Fit.Good good) {
            long free = Memory.now().available();
            if (good.bytes() > free - taken) {
                return new Fit.Refused(String.format(Locale.ROOT,
                        "It takes %.1f GiB and %.1f GiB are free, of which the conversations of open models may still take"
                                + " %.1f GiB: close one, or open this one with a smaller context.",
                        gib(good.bytes()), gib(free), gib(taken)), Fit.Cause.MEMORY, good.bytes());
            }
        }
        return fit;
    }

    private static double gib(long bytes) {
        return bytes / (double) (1L << 30);
    }

    private Optional<Considered> best(List<Considered> all) {
        return all.stream().filter(one -> one.place() != null).min(this::compare);
    }

    /** What is better comes first. */
    private int compare(Considered one, Considered other) {
        int failing = Boolean.compare(one.leftAlone(), other.leftAlone());
        int wanted = Integer.compare(preferences.rank(one.device()), preferences.rank(other.device()));
        int speed = one.slower() || other.slower() ? Double.compare(other.speed(), one.speed()) : 0;
        int score = Integer.compare(other.verdict().score(), one.verdict().score());
        return failing != 0 ? failing : wanted != 0 ? wanted : speed != 0 ? speed : score;
    }

    private Choice choice(Considered best, List<Considered> all) {
        List<DeviceVerdict> verdicts = new ArrayList<>();
        for (Considered one : all) {
            verdicts.add(one.equals(best) ? chosen(best, all) : notChosen(one, best));
        }
        return new Choice(Objects.requireNonNull(best.place()), verdicts);
    }

    private DeviceVerdict chosen(Considered best, List<Considered> all) {
        int score = best.verdict().score();
        long others = all.stream().filter(one -> one.place() != null).count() - 1;
        String why = best.leftAlone()
                ? "No other device would run the model. " + best.verdict().reason()
                : others == 0
                        ? "It alone would run the model (" + best.figures() + ")."
                        : preferences.rank(best.device()) < preferences.wanted().size()
                                ? "The setting " + preferences.setting() + " prefers it (" + best.figures() + ")."
                                : best.speed() > 0
                                        ? "It is as fast as any (" + best.figures() + ")."
                                        : "It has the best score (" + score + ").";
        return new DeviceVerdict(best.device(), DeviceVerdict.Outcome.CHOSEN, score, why);
    }

    private static DeviceVerdict notChosen(Considered one, Considered best) {
        return one.verdict().outcome() != DeviceVerdict.Outcome.OTHER_BETTER
                ? one.verdict()
                : new DeviceVerdict(one.device(), DeviceVerdict.Outcome.OTHER_BETTER, one.verdict().score(),
                        "It would run the model, too (" + one.figures() + "), but " + best.device().id()
                                + " comes first.");
    }

    private BackendException none(@Nullable String id, List<String> refusals) {
        if (!refusals.isEmpty()) {
            return new BackendException("No backend can run this model. " + String.join(" ", refusals));
        }
        List<String> present = backends.stream().flatMap(b -> b.devices().stream()).map(Device::id).toList();
        if (id != null) {
            return new BackendException("There is no backend or device \"" + id + "\"; present are "
                    + (present.isEmpty() ? "none" : String.join(", ", present)) + ".");
        }
        return new BackendException(
                "No backend is present: add one, for example the jar or bundle dev.millrace.backend.cpu.");
    }
}
