/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.BackendException;
import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.spi.model.TensorType;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Run by device-check on a machine with a device: logits against reference data, then speed. Prints a line a check. */
final class DeviceCheck {

    private DeviceCheck() {
    }

    /**
     * Runs the checks.
     *
     * @param args folder with reference data; then "speed" for the speed, too
     */
    public static void main(String[] args) throws Exception {
        CudaBackend backend = new CudaBackend();
        System.out.println(backend.devices() + " " + backend.problem());
        int passed = 0;
        int failed = 0;
        for (Golden golden : Golden.all(Path.of(args[0]))) {
            for (Precision precision : Precision.values()) {
                String what = golden.model().getFileName() + " " + precision;
                try {
                    List<Double> errors = golden.errors(backend, precision, KeyValueType.AUTO, Integer.MAX_VALUE);
                    double most = Collections.max(errors);
                    double middle = errors.stream().sorted().toList().get(errors.size() / 2);
                    boolean fine = precision == Precision.EXACT ? most < golden.exact() : middle < golden.fast();
                    passed += fine ? 1 : 0;
                    failed += fine ? 0 : 1;
                    System.out.printf(Locale.ROOT, "%s %s: largest error %.2e, middle %.2e%n", fine ? "ok  " : "FAIL",
                            what, most, middle);
                } catch (BackendException e) {
                    // a refusal before loading is an answer; anything else is a fault
                    boolean refused = e.getMessage().contains("cannot run this");
                    failed += refused ? 0 : 1;
                    System.out.println((refused ? "none " : "FAIL ") + what + ": " + e.getMessage());
                }
            }
        }
        if (args.length > 1) {
            SpeedCheck.run(backend, "Q4_0", SpeedCheck.model(TensorType.Q4_0, TensorType.Q6_K), 1, 8, 64, 256);
            SpeedCheck.run(backend, "BF16", SpeedCheck.model(TensorType.BF16, TensorType.BF16), 1, 8, 64, 256);
        }
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed == 0 ? 0 : 1);
    }
}
