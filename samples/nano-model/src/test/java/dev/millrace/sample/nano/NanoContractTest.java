/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.nano;

import dev.millrace.spi.model.PackagedModel;
import dev.millrace.tck.PackagedModelContract;

/** The contract of all packaged models. */
final class NanoContractTest extends PackagedModelContract {

    @Override
    protected PackagedModel model() {
        return new NanoModel();
    }
}
