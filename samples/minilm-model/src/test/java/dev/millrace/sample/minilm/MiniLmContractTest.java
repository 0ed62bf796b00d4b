/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.minilm;

import dev.millrace.spi.model.PackagedModel;
import dev.millrace.tck.PackagedModelContract;

final class MiniLmContractTest extends PackagedModelContract {

    @Override
    protected PackagedModel model() {
        return new MiniLm();
    }
}
