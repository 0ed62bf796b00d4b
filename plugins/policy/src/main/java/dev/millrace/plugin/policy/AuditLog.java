/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy;

import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolListener;
import dev.millrace.api.ToolReport;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.setting.Settings;
import dev.millrace.plugin.policy.audit.AuditFile;
import dev.millrace.plugin.policy.audit.AuditLine;
import dev.millrace.plugin.policy.audit.Masking;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;

/**
 * Records calls of tools, if the configuration names a file for it. A call that may change something is on the disk before it runs, and
 * does not run if that fails. Safe for use from any thread.
 */
@Component(service = ToolListener.class, configurationPid = PolicySettings.PID)
public final class AuditLog implements ToolListener, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(AuditLog.class.getName());

    private Settings settings;
    private @Nullable AuditFile file;
    private AuditLine lines = new AuditLine(new Masking(List.of()));
    /** Why nothing can be recorded, though somebody wants it. */
    private String problem = "";

    /** For service loaders: as the system is set. */
    public AuditLog() {
        this(Map.of());
    }

    /** For the framework. */
    @Activate
    public AuditLog(Map<String, ?> configured) {
        settings = PolicySettings.of(configured, LOG);
        begin();
    }

    /**
     * Takes another configuration. No call goes by unrecorded meanwhile.
     *
     * @param configured values of {@link PolicySettings}
     */
    @Modified
    synchronized void configure(Map<String, ?> configured) {
        settings = PolicySettings.changed(settings, configured, LOG);
        end();
        begin();
    }

    private void begin() {
        try {
            String name = settings.find(PolicySettings.AUDIT, "").value().orElse("");
            long bytes = settings.get(PolicySettings.BYTES);
            int files = settings.get(PolicySettings.FILES).intValue();
            String mask = settings.find(PolicySettings.MASK, "").value().orElse("");
            file = name.isEmpty() ? null : new AuditFile(Path.of(name), bytes, files);
            lines = new AuditLine(new Masking(List.of(mask.split("[,\\s]+", -1))));
            problem = "";
        } catch (IllegalArgumentException e) {
            // without a record nothing may be changed, so the listener is there and says so
            problem = String.valueOf(e.getMessage());
            LOG.log(System.Logger.Level.ERROR, "No call of a tool can be recorded: {0}", problem);
        }
    }

    private void end() {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "The audit log cannot be closed.", e);
        }
    }

    @Override
    public void starting(ToolRequest request) {
        if (!request.hints().contains(ToolHint.READ_ONLY)) {
            add(() -> lines.starting(request, Instant.now()));
        }
    }

    @Override
    public void ended(ToolReport report) {
        add(() -> lines.ended(report));
    }

    private synchronized void add(Supplier<String> line) {
        if (!problem.isEmpty()) {
            throw new IllegalStateException(problem);
        }
        if (file != null) {
            try {
                file.add(line.get());
            } catch (IOException e) {
                throw new UncheckedIOException("The audit log cannot be written: "
                        + Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName()) + ".", e);
            }
        }
    }

    @Override
    @Deactivate
    public synchronized void close() {
        end();
    }
}
