/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy;

import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolListener;
import dev.millrace.api.ToolReport;
import dev.millrace.api.ToolRequest;
import dev.millrace.plugin.policy.audit.AuditFile;
import dev.millrace.plugin.policy.audit.AuditLine;
import dev.millrace.plugin.policy.audit.Masking;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/**
 * Records calls of tools, if the configuration names a file for it. A call that may change something is on the disk before it runs, and
 * does not run if that fails.
 */
@Component(configurationPid = Settings.PID)
public final class AuditLog implements ToolListener, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(AuditLog.class.getName());
    private static final long BYTES = 10 << 20;
    private static final int FILES = 9;

    private final Optional<AuditFile> file;
    private final AuditLine lines;

    /** For service loaders: as the system is set. */
    public AuditLog() {
        this(Map.of());
    }

    /** For the framework. */
    @Activate
    public AuditLog(Map<String, ?> configured) {
        Map<String, String> settings = Settings.of(configured, System.getProperties());
        file = Optional.ofNullable(settings.get("audit"))
                .map(name -> new AuditFile(Path.of(name), number(settings, "audit.bytes", BYTES),
                        (int) Math.min(1_000, number(settings, "audit.files", FILES))));
        lines = new AuditLine(new Masking(List.of(settings.getOrDefault("audit.mask", "").split("[,\\s]+", -1))));
    }

    private static long number(Map<String, String> settings, String name, long otherwise) {
        String value = settings.getOrDefault(name, "");
        if (value.isEmpty()) {
            return otherwise;
        }
        if (!value.matches("[0-9]{1,15}")) {
            throw new IllegalArgumentException(name + " of the policy must be a number, not " + value + ".");
        }
        return Long.parseLong(value);
    }

    @Override
    public void starting(ToolRequest request) {
        if (!request.hints().contains(ToolHint.READ_ONLY)) {
            add(lines.starting(request, Instant.now()));
        }
    }

    @Override
    public void ended(ToolReport report) {
        add(lines.ended(report));
    }

    private void add(String line) {
        if (file.isPresent()) {
            try {
                file.get().add(line);
            } catch (IOException e) {
                throw new UncheckedIOException("The audit log cannot be written: " + e.getMessage() + ".", e);
            }
        }
    }

    @Override
    @Deactivate
    public void close() {
        file.ifPresent(log -> {
            try {
                log.close();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "The audit log cannot be closed.", e);
            }
        });
    }
}
