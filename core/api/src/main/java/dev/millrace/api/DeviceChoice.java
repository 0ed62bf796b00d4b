/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * What a backend says of a model on one of its devices: the reason why a device was chosen, or was not.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param device the device
 * @param suitable whether the model can run there
 * @param score the device with the largest is chosen where none is asked for; 0 if the model cannot run there
 * @param bytes memory that weights and one full context would take, 0 if the backend does not know
 * @param reason one sentence for people that says why the model cannot run there; empty if it can
 */
public record DeviceChoice(Device device, boolean suitable, int score, long bytes, String reason) {
}
