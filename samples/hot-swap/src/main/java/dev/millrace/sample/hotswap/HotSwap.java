/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.hotswap;

import dev.millrace.api.DeviceVerdict;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Streams a story, and changes the backend in the middle of answers. Then tells it once more without a change, and compares. */
public final class HotSwap {

    private static final Set<DeviceVerdict.Outcome> RUNS = EnumSet.of(DeviceVerdict.Outcome.CHOSEN,
            DeviceVerdict.Outcome.OTHER_BETTER);

    /** An evening in a house: the packaged model knows no other stories. */
    private static final List<String> EVENING = List.of("Hello!", "Turn on the kitchen lamp.",
            "What is the temperature in the cellar?", "Bye");

    private HotSwap() {
    }

    /**
     * Tells the story.
     *
     * @param arguments a model and what it is asked, one after the other; the packaged model and an evening if there are none
     */
    public static void main(String[] arguments) {
        List<String> given = List.of(arguments);
        String name = given.isEmpty() ? "nano" : given.getFirst();
        List<String> questions = given.size() < 2 ? EVENING : given.subList(1, given.size());
        // exact: the devices of the CPU backend then compute the same bits
        ModelOptions options = ModelOptions.defaults().withPrecision(Precision.EXACT);
        try (Millrace millrace = Millrace.start(); Model model = millrace.open(name, options)) {
            List<String> devices = model.verdicts().stream().filter(one -> RUNS.contains(one.outcome()))
                    .map(one -> one.device().id()).toList();
            String moved = new Story(model, () -> model.moveTo(after(model.device().id(), devices)), System.out::print)
                    .tell(questions);
            model.moveTo(devices.getFirst());
            String still = new Story(model, () -> {
            }, piece -> {
            }).tell(questions);
            System.out.println("Told again without a move: " + (moved.equals(still)
                    ? "the same, to the letter."
                    : "another story, since these devices do not compute the same bits."));
        }
    }

    private static String after(String device, List<String> devices) {
        return devices.get((devices.indexOf(device) + 1) % devices.size());
    }
}
