/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.millrace.api.BackendException;
import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Run by device-check on a machine with a device: one part of the checks. Prints a line a check, and last
 * {@code N passed, M failed}.
 */
final class DeviceCheck {

    private int passed;
    private int failed;

    private DeviceCheck() {
    }

    /**
     * Runs a part.
     *
     * @param args its name: contract, ahead, few, types, kernels, models or speed; for models then the folder with reference data
     */
    public static void main(String[] args) throws IOException {
        DeviceCheck check = new DeviceCheck();
        CudaBackend backend = Emulated.backend();
        System.out.println(backend.devices() + " " + backend.problem());
        switch (args[0]) {
            case "contract" -> check.tests(CudaContractTest.class);
            case "ahead" -> check.tests(AheadTest.class);
            case "few" -> {
                check.tests(KernelsTest.class);
                check.tests(AttentionTest.class);
            }
            case "types" -> check.tests(TypesTest.class);
            case "kernels" -> {
                check.tests(KernelsTest.class);
                check.tests(MatmulTest.class);
                check.tests(AttentionTest.class);
            }
            case "models" -> check.models(backend, Path.of(args[1]));
            case "speed" -> check.speed(backend);
            default -> throw new IllegalArgumentException("There is no part " + args[0] + ".");
        }
        System.out.println(check.passed + " passed, " + check.failed + " failed");
        System.exit(check.failed == 0 ? 0 : 1);
    }

    private void count(boolean fine, String line) {
        passed += fine ? 1 : 0;
        failed += fine ? 0 : 1;
        System.out.println((fine ? "ok   " : "FAIL ") + line);
    }

    private void tests(Class<?> tests) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request().selectors(selectClass(tests))
                .build();
        LauncherFactory.create().execute(request, new TestExecutionListener() {

            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                String why = result.getThrowable().map(e -> ": " + e).orElse("");
                if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
                    System.out.println("none " + test.getDisplayName() + why);
                } else if (test.isTest() || result.getStatus() == TestExecutionResult.Status.FAILED) {
                    count(result.getStatus() == TestExecutionResult.Status.SUCCESSFUL, test.getDisplayName() + why);
                }
            }
        });
    }

    private void models(CudaBackend backend, Path reference) throws IOException {
        for (Golden golden : Golden.all(reference)) {
            for (Precision precision : Precision.values()) {
                String what = golden.model().getFileName() + " " + precision;
                try {
                    List<Double> errors = golden.errors(backend, precision, KeyValueType.AUTO, Integer.MAX_VALUE);
                    double most = Collections.max(errors);
                    double middle = errors.stream().sorted().toList().get(errors.size() / 2);
                    boolean fine = precision == Precision.EXACT ? most < golden.exact() : middle < golden.fast();
                    count(fine, String.format(Locale.ROOT, "%s: largest error %.2e, middle %.2e", what, most, middle));
                } catch (BackendException e) {
                    // a refusal before loading is an answer; anything else is a fault
                    if (String.valueOf(e.getMessage()).contains("cannot run this")) {
                        System.out.println("none " + what + ": " + e.getMessage());
                    } else {
                        count(false, what + ": " + e.getMessage());
                    }
                }
            }
        }
    }

    private void speed(CudaBackend backend) {
        SpeedCheck.run(backend, "Q4_0", SpeedCheck.model(TensorType.Q4_0, TensorType.Q6_K), 1, 8, 64, 256);
        count(true, "speed in Q4_0");
        SpeedCheck.run(backend, "BF16", SpeedCheck.model(TensorType.BF16, TensorType.BF16), 1, 8, 64, 256);
        count(true, "speed in BF16");
    }
}
