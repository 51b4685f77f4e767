# The nodes. They come up by cloud-init, install the package, and keep it up to date by themselves.

locals {
  settings = merge({
    SECRET_KEY      = var.secret_key
    DATABASE_URL    = "postgresql://${local.database}:${var.database_password}@${aws_db_instance.hunt.address}/${local.database}?sslmode=require"
    REDIS_URL       = "redis://${aws_elasticache_cluster.messages.cache_nodes[0].address}:6379/0"
    HOST            = "0.0.0.0"
    PORT            = tostring(local.port)
    WEB_PROCESSES   = tostring(var.processes)
    DB_POOL_SIZE    = tostring(var.pool)
    TRUSTED_PROXIES = "1"
    SITE_URL        = var.site_url
    DRAIN_FILE      = "/run/infinity/drain"
  }, var.settings)
  agent_settings = {
    READY_URL      = "http://127.0.0.1:${local.port}/readyz"
    READY_SECONDS  = "20"
    DRAIN_SECONDS  = tostring(local.notice_seconds)
    SETTLE_SECONDS = tostring(local.notice_seconds)
    DRAIN_FILE     = "/run/infinity/drain"
    WEBHOOK_URL    = var.webhook_url
  }
  keyring    = "/usr/share/keyrings/infinity.asc"
  repository = "https://${aws_s3_bucket.packages.bucket_regional_domain_name}"

  # The same as deploy/cloud-init/render.py makes; a test compares them.
  user_data = templatefile("${path.module}/../cloud-init/user-data.yaml.tftpl", {
    key            = filebase64(var.repository_key_file)
    sources        = base64encode("deb [signed-by=${local.keyring}] ${local.repository}/production bookworm main\n")
    pin            = filebase64("${path.module}/../apt/infinity.pref")
    settings       = base64encode(join("", [for name, value in local.settings : "${name}=${value}\n"]))
    agent_settings = base64encode(join("", [for name, value in local.agent_settings : "${name}=${value}\n"]))
  })
}

module "budget" {
  source = "./budget"

  nodes     = var.max_nodes
  processes = var.processes
  pool      = var.pool
  limit     = var.max_connections
}

resource "aws_security_group" "nodes" {
  name        = "${var.name}-nodes"
  description = "Nodes of the site"
  vpc_id      = var.vpc_id

  ingress {
    description     = "visitors, through the balancer alone"
    from_port       = local.port
    to_port         = local.port
    protocol        = "tcp"
    security_groups = [aws_security_group.balancer.id]
  }

  egress {
    description = "database, packages, pictures, Airtable, mail"
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_launch_template" "node" {
  name_prefix            = "${var.name}-"
  image_id               = var.image_id
  instance_type          = var.instance_type
  vpc_security_group_ids = [aws_security_group.nodes.id]
  user_data              = base64encode(local.user_data)
  update_default_version = true

  # The user-data holds secrets: only the machine itself reads it, and no page that the program is made to fetch can.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = var.name }
  }
}

resource "aws_autoscaling_group" "nodes" {
  name                = var.name
  min_size            = var.min_nodes
  max_size            = var.max_nodes
  vpc_zone_identifier = var.private_subnet_ids
  target_group_arns   = [aws_lb_target_group.nodes.arn]
  # Not ELB: a node is unready while it drains for an update, and all are while the database is away. Neither is a
  # reason to throw machines out. The balancer avoids an unready node anyway, and the alarm tells of one that stays so.
  health_check_type         = "EC2"
  health_check_grace_period = 120
  default_instance_warmup   = 60
  # The first plan is done only when as many nodes are ready.
  wait_for_elb_capacity = var.min_nodes

  launch_template {
    id      = aws_launch_template.node.id
    version = aws_launch_template.node.latest_version
  }

  # Changed machines or settings: a new node first, then an old one goes; the budget has room for one more. Releases come
  # by packages, not by this.
  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 100
      max_healthy_percentage = 110
    }
  }

  lifecycle {
    # The policy below decides, between min_size and max_size.
    ignore_changes = [desired_capacity]
  }

  depends_on = [module.budget, aws_s3_bucket_policy.packages]
}

resource "aws_autoscaling_policy" "by_load" {
  name                   = "${var.name}-by-load"
  autoscaling_group_name = aws_autoscaling_group.nodes.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 50

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}
