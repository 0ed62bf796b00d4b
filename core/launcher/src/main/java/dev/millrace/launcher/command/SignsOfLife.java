/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Millrace;
import dev.millrace.api.ModelHealth;
import dev.millrace.machine.ServiceManager;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Tells a service manager that models can answer, for as long as the engine itself says so. It gives no sign of life while the
 * engine does not say how its models are, or while every model of this machine is lost: the engine finds out by itself that a
 * backend fails or hangs, and starting the service again is the cure. Models elsewhere do not count, for a start here mends
 * nothing there.
 */
final class SignsOfLife {

    /** How often people's status is told where nobody awaits signs of life. */
    private static final Duration ROUND = Duration.ofSeconds(30);

    private static final String ELSEWHERE = "remote";

    private final Millrace millrace;
    private final ServiceManager manager;

    /**
     * Of one engine.
     *
     * @param millrace whose models are asked for their health
     * @param manager who is told
     */
    SignsOfLife(Millrace millrace, ServiceManager manager) {
        this.millrace = millrace;
        this.manager = manager;
    }

    /**
     * Says that all is ready, then how it is several times within the patience of the manager, and at last that the end has come.
     *
     * @throws InterruptedException when the thread is interrupted: the end that is meant
     */
    void giveUntilInterrupted() throws InterruptedException {
        // three in the time that the manager waits for one
        long round = manager.patience().orElse(ROUND.multipliedBy(3)).dividedBy(3).toNanos();
        try {
            manager.ready(status(millrace.health()));
            CountDownLatch never = new CountDownLatch(1);
            do {
                tell(millrace.health());
            } while (!never.await(round, TimeUnit.NANOSECONDS));
        } finally {
            manager.stopping();
        }
    }

    private void tell(List<ModelHealth> models) {
        if (lives(models)) {
            manager.alive(status(models));
        } else {
            manager.status(status(models));
        }
    }

    /** Whether a model of this machine can answer, or there is none that could be lost. */
    static boolean lives(List<ModelHealth> models) {
        List<ModelHealth> here = models.stream().filter(model -> !model.device().backend().equals(ELSEWHERE)).toList();
        return here.isEmpty() || here.stream().anyMatch(model -> model.state() != ModelHealth.State.LOST);
    }

    /** One line for people. */
    static String status(List<ModelHealth> models) {
        int answers = models.stream().mapToInt(ModelHealth::answers).sum();
        StringBuilder text = new StringBuilder();
        for (ModelHealth model : models) {
            text.append(text.isEmpty() ? "" : "; ").append(model.model())
                    .append(model.reason().isEmpty() ? "" : " (" + model.reason() + ")");
        }
        return text.isEmpty() ? "no model is open" : text + "; answers in progress: " + answers;
    }
}
