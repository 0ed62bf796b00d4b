/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.Device;
import dev.millrace.api.ModelHealth;
import dev.millrace.api.ModelHealth.State;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a service counts as alive, and what people read of it. */
final class SignsOfLifeTest {

    private static final Map<State, String> REASONS = Map.of(State.READY, "", State.MOVING, "It moves.", State.UNLOADED,
            "It is unloaded.", State.LOST, "The GPU hangs.");

    private static ModelHealth model(String state, String backend) {
        State parsed = State.valueOf(state);
        return new ModelHealth(state.toLowerCase(java.util.Locale.ROOT), parsed,
                new Device(backend, backend, "", Long.MAX_VALUE), REASONS.getOrDefault(parsed, ""), 2, 1);
    }

    private static List<ModelHealth> models(String states, String backend) {
        return Stream.of(states.split(" ")).filter(state -> !state.isEmpty()).map(state -> model(state, backend))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"'','',true", "READY,'',true", "MOVING,'',true", "UNLOADED,'',true", "LOST,'',false",
            "LOST LOST,'',false", "LOST READY,'',true", "'',LOST,true", "LOST,READY,false", "READY,LOST,true"})
    void itLivesUnlessEachModelOfThisMachineIsLost(String here, String elsewhere, boolean lives) {
        assertEquals(lives, SignsOfLife.lives(
                Stream.concat(models(here, "cpu").stream(), models(elsewhere, "remote").stream()).toList()));
    }

    @Test
    void peopleReadWhatIsOpenAndWhatIsWrong() {
        assertEquals("no model is open", SignsOfLife.status(List.of()));
        assertEquals("ready; lost (The GPU hangs.); answers in progress: 4",
                SignsOfLife.status(models("READY LOST", "cpu")));
    }
}
