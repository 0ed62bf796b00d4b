/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.setting.SettingGroup;
import dev.millrace.spi.backend.Backend;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

/** The backend where no framework is. */
class ClassPathTest {

    @Test
    void isFoundAndSaysWhyThereIsNoDevice() {
        CudaBackend backend = ServiceLoader.load(Backend.class).stream().map(ServiceLoader.Provider::get)
                .filter(CudaBackend.class::isInstance).map(CudaBackend.class::cast).findFirst().orElseThrow();
        assertEquals("cuda", backend.id());
        assertEquals(backend.devices().isEmpty(), !backend.problem().isEmpty(), backend.problem());
    }

    @Test
    void itsSettingsAreFound() {
        assertTrue(ServiceLoader.load(SettingGroup.class).stream().anyMatch(one -> one.type() == CudaSettings.class));
        assertFalse(new CudaSettings().settings().isEmpty());
    }
}
