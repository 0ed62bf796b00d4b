package ${package};

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Computes models with plain attention in Java loops: slow, and a place to begin. */
@Component(immediate = true)
public final class PlainBackend implements Backend {

    private static final Device DEVICE = new Device("plain:0", "plain", "Java loops on one thread", 4L << 30);
    /** One by one, never all that there are: what comes with a later version is not computed here. */
    private static final Set<Feature> FEATURES = EnumSet.of(Feature.ATTENTION, Feature.ROPE_INTERLEAVED,
            Feature.ROPE_SCALING, Feature.SWIGLU);

    @Override
    public String id() {
        return "plain";
    }

    @Override
    public List<Device> devices() {
        return List.of(DEVICE);
    }

    @Override
    public Set<Feature> features() {
        return FEATURES;
    }

    @Override
    public Fit fit(Program program, Device device, LoadOptions options) {
        if (!device.equals(DEVICE)) {
            return new Fit.Refused("The plain backend has no device " + device.id() + ": take plain:0.",
                    Fit.Cause.DEVICE);
        }
        if (!(program instanceof Blueprint model)) {
            return new Fit.Refused("The plain backend runs models with tensors: take the model's GGUF file.",
                    Fit.Cause.PROGRAM);
        }
        if (!FEATURES.containsAll(model.features())) {
            Set<Feature> missing = EnumSet.copyOf(model.features());
            missing.removeAll(FEATURES);
            return new Fit.Refused("The plain backend does not compute " + missing + ": take another backend.",
                    Fit.Cause.FEATURE);
        }
        long values = model.tensors().stream().mapToLong(PlainBackend::values).sum();
        // weights as floats, and the keys and values of one sequence
        long bytes = Float.BYTES * (values + PlainExecutor.valuesPerToken(model) * options.context());
        return bytes <= DEVICE.memoryBytes()
                ? new Fit.Good(1, bytes)
                : new Fit.Refused("The model needs " + (bytes >> 20) + " MB on plain:0, which takes "
                        + (DEVICE.memoryBytes() >> 20) + ": take a smaller model or a shorter context.",
                        Fit.Cause.MEMORY, bytes);
    }

    private static long values(Tensor tensor) {
        return tensor.rows() * tensor.columns();
    }

    @Override
    public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
        if (fit(program, device, options) instanceof Fit.Refused refused) {
            throw new BackendException(refused.reason());
        }
        return new PlainExecutor((Blueprint) program, options.context(), progress);
    }
}
