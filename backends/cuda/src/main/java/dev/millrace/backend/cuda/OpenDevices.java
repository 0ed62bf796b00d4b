/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.backend.cuda.runtime.CudaContext;
import dev.millrace.backend.cuda.runtime.CudaDriver;
import dev.millrace.backend.cuda.runtime.CudaException;
import java.util.HashMap;
import java.util.Map;

/**
 * The devices that models use. One that nobody uses any more is given back to the driver, with what the driver itself needs on it. After a
 * loss that is when the last model has noticed; whoever asks for the device then gets a new beginning, if the driver can give one. Safe for
 * use from any thread.
 */
final class OpenDevices implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(OpenDevices.class.getName());

    private final Map<Integer, Opened> opened = new HashMap<>();

    /** A device with those who use it. */
    private static final class Opened {
        private final CudaContext context;
        private int users;

        Opened(CudaContext context) {
            this.context = context;
        }
    }

    /** The use of a device by one model. */
    final class Use implements AutoCloseable {

        private final int number;
        private final Opened device;
        private boolean ended;

        private Use(int number, Opened device) {
            this.number = number;
            this.device = device;
        }

        CudaContext context() {
            return device.context;
        }

        /** Ends the use; all has been freed, or is lost. Closing twice does nothing. */
        @Override
        public void close() {
            end(this);
        }
    }

    /**
     * Begins to use a device.
     *
     * @param number of the device
     * @throws CudaException if the driver cannot open it
     */
    synchronized Use use(CudaDriver driver, int number) {
        Opened device = opened.get(number);
        if (device == null) {
            device = new Opened(driver.context(number));
            opened.put(number, device);
        }
        device.users++;
        return new Use(number, device);
    }

    private synchronized void end(Use use) {
        if (use.ended) {
            return;
        }
        use.ended = true;
        use.device.users--;
        if (use.device.users == 0 && opened.remove(use.number, use.device)) {
            giveBack(use.device);
        }
    }

    private static void giveBack(Opened device) {
        try {
            device.context.close();
        } catch (CudaException e) {
            LOG.log(System.Logger.Level.DEBUG, e.getMessage());
        }
    }

    /** Gives all back. */
    @Override
    public synchronized void close() {
        opened.values().forEach(OpenDevices::giveBack);
        opened.clear();
    }
}
