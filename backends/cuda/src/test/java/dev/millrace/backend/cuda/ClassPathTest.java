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

    /** The driver is opened once in a process, so the emulated one is named before anybody asks for devices. */
    @Test
    void isFoundWithItsDevices() {
        CudaBackend emulated = Emulated.backend();
        CudaBackend found = ServiceLoader.load(Backend.class).stream().map(ServiceLoader.Provider::get)
                .filter(CudaBackend.class::isInstance).map(CudaBackend.class::cast).findFirst().orElseThrow();
        assertEquals("cuda", found.id());
        assertFalse(found.devices().isEmpty(), found.problem());
        assertEquals(emulated.devices(), found.devices());
    }

    @Test
    void itsSettingsAreFound() {
        assertTrue(ServiceLoader.load(SettingGroup.class).stream().anyMatch(one -> one.type() == CudaSettings.class));
        assertFalse(new CudaSettings().settings().isEmpty());
    }
}
