/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.test.House;
import java.io.IOException;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;

/** Settings change while models run. */
@ExtendWith(ServiceExtension.class)
@Timeout(300)
@SuppressWarnings({"NullAway.Init", "JdkObsolete"})
class ConfigurationsTest {

    @InjectService(timeout = 10_000)
    Millrace millrace;

    @InjectService(timeout = 10_000)
    ConfigurationAdmin configurations;

    private Configuration set(String pid, String name, String value) throws IOException {
        Configuration configuration = configurations.getConfiguration(pid, "?");
        Dictionary<String, Object> values = new Hashtable<>();
        values.put(name, value);
        configuration.update(values);
        return configuration;
    }

    /** Configurations arrive on a thread of their own. */
    private static void await(BooleanSupplier what) {
        while (!what.getAsBoolean()) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private String chosen() {
        try (Model model = millrace.open("nano", House.MODEL_OPTIONS)) {
            return model.device().id();
        }
    }

    @Test
    void preferencesCountFromThenOnAndNoLongerOnceTheyAreTakenBack() throws Exception {
        String before = chosen();
        assumeTrue(!before.equals("cpu:scalar"));
        Configuration configuration = set("dev.millrace.engine", "backends.nano", "cpu:scalar");
        try {
            await(() -> chosen().equals("cpu:scalar"));
        } finally {
            configuration.delete();
        }
        await(() -> chosen().equals(before));
    }

    @Test
    void aBackendThatIsConfiguredAnewLeavesAndComesBackAndItsModelMoves() throws Exception {
        try (Model model = millrace.open("nano", House.MODEL_OPTIONS)) {
            String before = model.device().id();
            assumeTrue(before.equals("cpu:assembled"));
            Configuration configuration = set("dev.millrace.backend.cpu", "assembled", "off");
            try {
                await(() -> !model.device().id().equals(before));
                assertTrue(millrace.devices().stream().noneMatch(device -> device.id().equals(before)));
                assertEquals(House.answers().getFirst(), new House().ask(model, House.QUESTIONS.getFirst()));
            } finally {
                configuration.delete();
            }
            await(() -> model.device().id().equals(before));
            assertEquals(House.answers().getFirst(), new House().ask(model, House.QUESTIONS.getFirst()));
        }
    }
}
