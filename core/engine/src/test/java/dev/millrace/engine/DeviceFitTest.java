/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeviceFitTest {

    private final Program program = new ScriptedModel(Path.of("x")).program();
    private final ScriptedBackend backend = new ScriptedBackend("a", true, "First.");

    private DeviceFit only() {
        List<DeviceFit> all = DeviceFit.of(List.of(backend), program);
        assertEquals(1, all.size());
        assertEquals("a", all.getFirst().device().backend());
        return all.getFirst();
    }

    private Fit.Cause cause() {
        return assertInstanceOf(Fit.Refused.class, only().fit()).cause();
    }

    @Test
    void aDeviceThatRunsTheModelSaysHow() {
        assertEquals(new Fit.Good(1, 1000), only().fit());
        assertEquals(program.contextLength(), only().context());
    }

    @Test
    void aDeviceThatDoesNotSaysWhy() {
        backend.onFit = () -> Optional.of(new Fit.Refused("Its weights are odd.", Fit.Cause.TYPE));
        assertEquals(Fit.Cause.TYPE, cause());
        backend.onFit = () -> Optional.of(new Fit.Refused("There is too little memory.", Fit.Cause.MEMORY));
        assertEquals(Fit.Cause.MEMORY, cause());
        backend.features = EnumSet.of(Feature.ATTENTION);
        assertEquals(Fit.Cause.FEATURE, cause());
        backend.hasDevice = false;
        assertEquals(Fit.Cause.DEVICE, cause());
    }

    @Test
    void whereMemoryIsShortAShorterContextIsTold() {
        Blueprint small = assertInstanceOf(Blueprint.class, program);
        Blueprint lengthy = new Blueprint(small.architecture(), small.vocabularySize(), small.hiddenSize(), 32_768,
                small.embedding(), small.layers(), small.outputNorm(), small.head());
        backend.mostContext = 8192;
        DeviceFit fit = DeviceFit.of(List.of(backend), lengthy).getFirst();
        assertEquals(new DeviceFit(backend.devices().getFirst(), 8192, new Fit.Good(1, 1000)), fit);
        backend.mostContext = 1000;
        DeviceFit none = DeviceFit.of(List.of(backend), lengthy).getFirst();
        assertEquals(32_768, none.context());
        assertInstanceOf(Fit.Refused.class, none.fit());
    }
}
